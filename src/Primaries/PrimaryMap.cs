using System.Diagnostics.Metrics;
using System.Net;
using Waystation.CacheStore;
using Waystation.Primaries.Certificates;

namespace Waystation.Primaries;

/// <summary>Finds the primary of a host name: with one primary, every name; with several, the equal one.</summary>
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
            description: "1 while the `primary` does not answer, else 0."
        );
        meter.CreateObservableGauge(
            "waystation_primary_certificate_seconds_left",
            () => Measure(own => (long)(own.Current.NotAfter - time.GetUtcNow()).TotalSeconds),
            description: "Seconds until the node's own certificate in `file` towards `primary` expires. Negative after that."
        );
        meter.CreateObservableGauge(
            "waystation_primary_certificate_files_wrong",
            () => Measure(static own => own.IsWrong ? 1 : 0),
            description: "1 while the node's own certificate in `file` towards `primary` cannot be used and the node keeps the one that "
                + "it had, else 0."
        );
    }

    /// <summary>All primaries, in the order of the settings.</summary>
    public IReadOnlyList<Primary> All => _primaries;

    /// <summary>Null if no primary has this name.</summary>
    public Primary? Find(string host)
    {
        ArgumentNullException.ThrowIfNull(host);
        if (_primaries is [Primary only])
        {
            return only;
        }

        // The dot of the root may end a name (RFC 1034, section 3.1), but not an address.
        string name = host.EndsWith('.') && !IPAddress.TryParse(host.AsSpan(..^1), out _) ? host[..^1] : host;
        return Array.Find(_primaries, primary => string.Equals(primary.Http.Host, name, StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>The primary of a repository; null if none of these has it.</summary>
    public Primary? Of(RepositoryName repository) =>
        Array.Find(_primaries, primary => string.Equals(primary.Authority, repository.Host, StringComparison.OrdinalIgnoreCase));

    /// <summary>The shortest time for which the data of an excluded repository stays.</summary>
    public TimeSpan ShortestGrace => _primaries.Min(static primary => primary.KeepsExcludedFor);

    /// <summary>The primary of a repository, also of one that only SSH has; null if none of these has it.</summary>
    public Primary? OfAny(RepositoryName repository) =>
        Array.Find(
            _primaries,
            primary =>
                string.Equals(primary.Authority, repository.Host, StringComparison.OrdinalIgnoreCase)
                || string.Equals(primary.SshOnlyHost, repository.Host, StringComparison.OrdinalIgnoreCase)
        );

    /// <summary>Whether a client may ask the primary of this repository, which may be one that only SSH has.</summary>
    public bool Admits(RepositoryName repository, IPAddress? client) => OfAny(repository)?.Admits(client) == true;

    /// <summary>Sets the condition under which this node may hold anything.</summary>
    public void HoldOnlyWhile(Func<bool> mayHold)
    {
        foreach (Primary primary in _primaries)
        {
            primary.MayHold = mayHold;
        }
    }

    /// <summary>Takes over settings that may change while the node runs: the selection of projects, the lists of clients.</summary>
    public void Reselect(IEnumerable<PrimaryOptions> options)
    {
        foreach (PrimaryOptions one in options)
        {
            Array.Find(_primaries, primary => primary.Http.Prefix == one.Url.GetLeftPart(UriPartial.Authority))?.Reselect(one);
        }
    }

    /// <summary>
    /// The repository for an operator's text: <c>host/path</c>, its URL, or <c>path</c> if there is one primary. Null if there is no such
    /// primary, or if the text is no name of a repository (<see cref="RepositoryPath"/>).
    /// </summary>
    public RepositoryName? NameOf(string text)
    {
        int scheme = text.IndexOf("://", StringComparison.Ordinal);
        string name = (scheme < 0 ? text : text[(scheme + "://".Length)..]).Trim('/');
        foreach (Primary primary in _primaries)
        {
            // A repository that only SSH has is named as in the log.
            if (After(primary.SshOnlyHost, name) is { } sshPath)
            {
                return RepositoryPath.IsWellFormedOverSsh(sshPath) ? new RepositoryName(primary.SshOnlyHost, sshPath) : null;
            }

            if (After(primary.Authority, name) is { } path)
            {
                return scheme < 0 ? primary.NameOfText(path) : primary.NameOf(path);
            }
        }

        // The URL of another host is no path of this primary, and a host alone is no repository.
        return scheme < 0 && _primaries is [Primary only] && !string.Equals(name, only.Authority, StringComparison.OrdinalIgnoreCase)
            ? only.NameOfText(name)
            : null;
    }

    /// <summary>The primary for SSH clients, which do not name the host.</summary>
    public Primary OverSsh =>
        _primaries is [Primary only]
            ? only
            : Array.Find(_primaries, static primary => primary.Ssh is not null)
                ?? throw new InvalidOperationException("no primary has SSH");

    private static string? After(string host, string name) =>
        name.StartsWith(host + "/", StringComparison.OrdinalIgnoreCase) ? name[(host.Length + 1)..] : null;

    public void Dispose()
    {
        foreach (Primary primary in _primaries)
        {
            primary.Dispose();
        }
    }

    /// <summary>A reading of the node's own certificate towards each primary that has one.</summary>
    private IEnumerable<Measurement<long>> Measure(Func<FollowedCertificate, long> value)
    {
        foreach (Primary primary in _primaries)
        {
            if (primary.Http.Trust.Followed is { } own)
            {
                yield return new Measurement<long>(
                    value(own),
                    new KeyValuePair<string, object?>("primary", primary.Authority),
                    new KeyValuePair<string, object?>("file", own.Files.Certificate)
                );
            }
        }
    }
}
