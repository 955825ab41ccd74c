namespace Waystation.Proxy.Dashboard.History;

/// <summary>A number that the history keeps for each minute. The values are positions on disk: they never change their meaning.</summary>
internal enum HistoryMeasure
{
    /// <summary>Fetches, one place for each outcome in the order of <c>FetchOutcome</c>.</summary>
    Fetches = 0,

    /// <summary>Pack bytes sent to clients, by outcome.</summary>
    FetchBytes = 6,

    /// <summary>Downloads of LFS objects, by outcome.</summary>
    LfsDownloads = 12,

    /// <summary>Bytes of LFS objects sent to clients, by outcome.</summary>
    LfsBytes = 18,

    /// <summary>Requests to the primary.</summary>
    Upstream = 24,

    /// <summary>1 if a primary did not answer in this minute.</summary>
    Outage = 25,
}
