using Waystation.Proxy.Settings;

namespace Waystation.Proxy.Primaries;

/// <summary>Which primary a host name stands for: with one, every name; with several, the equal one.</summary>
internal sealed class PrimaryMap(IEnumerable<PrimarySettings> settings) : IDisposable
{
    private readonly Primary[] _primaries = [.. settings.Select(static one => new Primary(one))];

    /// <summary>Null where no primary has this name.</summary>
    public Primary? Find(string host) =>
        _primaries is [Primary only] ? only : Array.Find(_primaries, primary => string.Equals(primary.Host, host, StringComparison.OrdinalIgnoreCase));

    public void Dispose()
    {
        foreach (Primary primary in _primaries)
        {
            primary.Dispose();
        }
    }
}
