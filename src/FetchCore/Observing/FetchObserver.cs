using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Waystation.CacheStore;
using Waystation.FetchCore.Access;

namespace Waystation.FetchCore.Observing;

/// <summary>
/// The one place where fetches are recorded, whichever front end they come through.
/// <code>
///   front end ──► ObservedFetch ──► FetchRecord ──► FetchMeters     metrics
///   core      ──►     │                        ├──► FetchLog        one line
///                     └──► LiveFetches ◄───────┴──► RecentFetches   those under way and the latest, for operators
/// </code>
/// </summary>
public sealed class FetchObserver(
    FetchMeters meters,
    RecentFetches recent,
    RepositoryTallies tallies,
    LiveFetches live,
    TimeProvider time,
    ILogger<FetchObserver> logger
)
{
    /// <summary>The fetches under way.</summary>
    internal LiveFetches Live => live;

    /// <summary>The timestamp of the beginning of a request. It may become known only later that the request is a fetch.</summary>
    public long Now => time.GetTimestamp();

    /// <summary>A fetch begins. Its record is made when the result is disposed.</summary>
    /// <param name="door">The name of the front end.</param>
    /// <param name="repository">The repository.</param>
    /// <param name="credential">The credential that asks.</param>
    /// <param name="begun">The beginning of the request (<see cref="Now"/>).</param>
    /// <param name="client">Is cancelled when the client leaves.</param>
    /// <param name="address">The client's address; null if the front end does not know it.</param>
    public ObservedFetch Begin(
        string door,
        RepositoryName repository,
        Credential credential,
        long begun,
        CancellationToken client,
        string? address = null
    ) =>
        new(this, time, begun, client)
        {
            Door = door,
            Repository = repository,
            Credential = credential,
            Address = address,
        };

    /// <summary>The same for a fetch that another node asks for. It does not count as a fetch of a client.</summary>
    public ObservedFetch BeginOfPeer(string peer, RepositoryName repository, Credential credential, CancellationToken client) =>
        new(this, time, Now, client)
        {
            Door = "farm",
            Repository = repository,
            Credential = credential,
            From = peer,
        };

    internal void Record(ObservedFetch fetch)
    {
        FetchRecord record = recent.Add(fetch.ToRecord);
        meters.Count(record);
        tallies.Count(record);
        logger.FetchEnded(record);
        live.End(fetch, record);
        if (fetch.Span is not null)
        {
            EndSpan(fetch.Span, record);
        }
    }

    private static void EndSpan(Activity span, FetchRecord record)
    {
        span.SetTag("repository", record.Repository.ToString())
            .SetTag("door", record.Door)
            .SetTag("outcome", record.Outcome?.ToWord())
            .SetTag("reason", record.Reason?.ToWord() ?? record.Refusal?.ToWord())
            .SetTag("bytes", record.Bytes)
            .SetTag("end", record.End.ToString());
        if (record is { End: FetchEnd.Broken or FetchEnd.ErrorTold })
        {
            span.SetStatus(ActivityStatusCode.Error, record.Trouble?.TrimEnd());
        }

        span.Dispose();
    }
}
