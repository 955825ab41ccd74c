using System.Collections.Concurrent;
using System.Security.Cryptography;
using Waystation.FetchCore.Lfs;

namespace Waystation.Farm.Lfs;

/// <summary>
/// The sources that this node has offered to other nodes. A node may use the source of its number until the offer ends; what is under way
/// then goes on.
/// </summary>
internal sealed class OpenSources
{
    private readonly ConcurrentDictionary<string, (string Node, ILfsSource Source)> _sources = new(StringComparer.Ordinal);

    /// <summary>Offers a source to one other node.</summary>
    public Offer Open(string node, ILfsSource source)
    {
        string number = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        _sources[number] = (node, source);
        return new Offer(number, () => _sources.TryRemove(number, out _));
    }

    /// <summary>The source of this number; null if this node may not use it.</summary>
    public ILfsSource? Find(string number, string node) =>
        _sources.TryGetValue(number, out (string Node, ILfsSource Source) found) && found.Node == node ? found.Source : null;

    /// <summary>An offer; its disposal ends it.</summary>
    internal sealed class Offer(string number, Action close) : IDisposable
    {
        public string Number => number;

        public void Dispose() => close();
    }
}
