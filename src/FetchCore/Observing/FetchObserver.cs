using Microsoft.Extensions.Logging;
using Waystation.CacheStore;
using Waystation.FetchCore.Access;

namespace Waystation.FetchCore.Observing;

/// <summary>
/// The one place where fetches are recorded, whichever front end they come through.
/// <code>
///   front end ──► ObservedFetch ──► FetchRecord ──► FetchMeters     metrics
///   core      ──►                              ├──► FetchLog        one line
///                                              └──► RecentFetches   the latest, for operators
/// </code>
/// </summary>
public sealed class FetchObserver(FetchMeters meters, RecentFetches recent, TimeProvider time, ILogger<FetchObserver> logger)
{
    /// <summary>A moment to begin a fetch with, where it is known only later that the request is one.</summary>
    public long Now => time.GetTimestamp();

    /// <summary>A fetch begins. Its record is made when the result is disposed.</summary>
    /// <param name="door">The front end, in its own word.</param>
    /// <param name="repository">The repository.</param>
    /// <param name="credential">The credential that asks.</param>
    /// <param name="begun">When the request began to come, as <see cref="Now"/> was then.</param>
    /// <param name="client">Is cancelled when the client leaves.</param>
    public ObservedFetch Begin(string door, RepositoryName repository, Credential credential, long begun, CancellationToken client) =>
        new(this, time, begun, client)
        {
            Door = door,
            Repository = repository,
            Credential = credential,
        };

    internal void Record(Func<long, FetchRecord> make)
    {
        FetchRecord record = recent.Add(make);
        meters.Count(record);
        logger.FetchEnded(record);
    }
}
