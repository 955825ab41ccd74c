using System.Collections.Concurrent;
using System.Security.Cryptography;
using Waystation.Farm.Peers.Messages;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Primaries;

namespace Waystation.Farm.Peers;

/// <summary>
/// The calls that this node has asked other nodes about. Each other node may ask back by its call's number, while the call is open: the
/// credential stays here.
/// </summary>
internal sealed class OpenCalls
{
    private readonly ConcurrentDictionary<string, OpenCall> _calls = new(StringComparer.Ordinal);

    /// <summary>Calls that are open now.</summary>
    public int Count => _calls.Count;

    /// <summary>Opens a call for one other node; its disposal ends it.</summary>
    public OpenCall Open(string node, IPrimary primary, AccessView view)
    {
        string number = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        return _calls[number] = new OpenCall(number, node, primary, view, () => _calls.TryRemove(number, out _));
    }

    /// <summary>The call of this number, if this node may ask back about it.</summary>
    public OpenCall? Find(string number, string node) => _calls.TryGetValue(number, out OpenCall? call) && call.Node == node ? call : null;
}

/// <summary>A call under way.</summary>
internal sealed class OpenCall : IDisposable
{
    private readonly Action _close;
    private readonly IDisposable _kept;
    private readonly Lazy<(ReadOnlyMemory<byte> Bytes, string Digest)> _view;
    private readonly Lock _gate = new();
    private int _users = 1;

    public OpenCall(string number, string node, IPrimary primary, AccessView view, Action close)
    {
        (Number, Node, Primary, _close) = (number, node, primary, close);
        _kept = primary.KeepOpen();
        _view = new(() =>
        {
            ReadOnlyMemory<byte> bytes = ViewBytes.Write(view);
            return (bytes, ViewBytes.DigestOf(bytes.Span));
        });
    }

    public string Number { get; }

    /// <summary>The name of the node that may ask back.</summary>
    public string Node { get; }

    /// <summary>The primary, asked in the client's name.</summary>
    public IPrimary Primary { get; }

    /// <summary>The view of the credential, written.</summary>
    public ReadOnlyMemory<byte> View => _view.Value.Bytes;

    /// <summary>Its digest.</summary>
    public string ViewDigest => _view.Value.Digest;

    /// <summary>A question back begins; the call stays open until the question ends. False if the call has ended.</summary>
    public bool TryUse()
    {
        lock (_gate)
        {
            return _users > 0 && ++_users > 0;
        }
    }

    /// <summary>A question back, or the call itself, ends.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (--_users > 0)
            {
                return;
            }
        }

        _close();
        _kept.Dispose();
    }
}
