using System.Diagnostics.Metrics;
using Waystation.CacheStore;

namespace Waystation.Primaries;

/// <summary>Which primary a host name stands for: with one, every name; with several, the equal one.</summary>
public sealed class PrimaryMap : IDisposable
{
    private readonly Primary[] _primaries;

    public PrimaryMap(IEnumerable<PrimaryOptions> options, TimeProvider time, Meter meter, ILogger<Primary> logger)
    {
        _primaries = [.. options.Select(one => new Primary(one, time, logger))];
        meter.CreateObservableGauge(
            "waystation_outage",
            () =>
                _primaries
                    .SelectMany(static primary =>
                        new[] { (primary.Authority, primary.Http.Health), (primary.Ssh?.Name, primary.Ssh?.Health) }
                    )
                    .Where(static one => one.Item2 is not null)
                    .Select(static one => new Measurement<int>(
                        one.Item2!.IsOut ? 1 : 0,
                        new KeyValuePair<string, object?>("primary", one.Item1)
                    )),
            description: "1 while the primary does not answer, else 0."
        );
    }

    /// <summary>Null where no primary has this name.</summary>
    public Primary? Find(string host) =>
        _primaries is [Primary only]
            ? only
            : Array.Find(_primaries, primary => string.Equals(primary.Http.Host, host, StringComparison.OrdinalIgnoreCase));

    /// <summary>The primary that a repository is of; null where it is of none of these.</summary>
    public Primary? Of(RepositoryName repository) =>
        Array.Find(_primaries, primary => string.Equals(primary.Authority, repository.Host, StringComparison.OrdinalIgnoreCase));

    /// <summary>Takes over what may change while the node runs: which projects are selected.</summary>
    public void Reselect(IEnumerable<PrimaryOptions> options)
    {
        foreach (PrimaryOptions one in options)
        {
            Array.Find(_primaries, primary => primary.Http.Prefix == one.Url.GetLeftPart(UriPartial.Authority))?.Reselect(one.Projects);
        }
    }

    /// <summary>
    /// The repository that an operator means by <c>host/path</c>, its URL, or <c>path</c> where there is one primary; null where no primary
    /// is meant, or where the text is more than the name of a repository (<see cref="RepositoryPath"/>).
    /// </summary>
    public RepositoryName? NameOf(string text)
    {
        int scheme = text.IndexOf("://", StringComparison.Ordinal);
        string name = (scheme < 0 ? text : text[(scheme + "://".Length)..]).Trim('/');
        foreach (Primary primary in _primaries)
        {
            // What only SSH has is called as the log calls it.
            if (After(primary.SshOnlyHost, name) is { } sshPath)
            {
                return RepositoryPath.IsWellFormedOverSsh(sshPath) ? new RepositoryName(primary.SshOnlyHost, sshPath) : null;
            }

            if (After(primary.Authority, name) is { } path)
            {
                return NameAt(primary, path);
            }
        }

        // A URL of another host is not a path of ours, and a host alone is no repository.
        return scheme < 0 && _primaries is [Primary only] && !string.Equals(name, only.Authority, StringComparison.OrdinalIgnoreCase)
            ? NameAt(only, name)
            : null;
    }

    /// <summary>The one that SSH clients mean, who do not say its name.</summary>
    public Primary OverSsh =>
        _primaries is [Primary only]
            ? only
            : Array.Find(_primaries, static primary => primary.Ssh is not null)
                ?? throw new InvalidOperationException("no primary has SSH");

    private static RepositoryName? NameAt(Primary primary, string path) =>
        RepositoryPath.IsWellFormed(path) && primary.NameOf(path) is var name && RepositoryPath.IsWellFormed(name.Path) ? name : null;

    private static string? After(string host, string name) =>
        name.StartsWith(host + "/", StringComparison.OrdinalIgnoreCase) ? name[(host.Length + 1)..] : null;

    public void Dispose()
    {
        foreach (Primary primary in _primaries)
        {
            primary.Dispose();
        }
    }
}
