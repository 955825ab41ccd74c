namespace Waystation.FetchCore.Observing;

/// <summary>How a fetch was served: the same word in <c>Cache-Status</c>, metric, log line and test.</summary>
public enum FetchOutcome
{
    /// <summary>The pack cache had the answer.</summary>
    Hit,

    /// <summary>The answer was being made for somebody else, and was followed.</summary>
    Join,

    /// <summary>The answer was made here, from the mirror.</summary>
    Local,

    /// <summary>The primary made the answer, and it went into the cache on its way.</summary>
    Forward,

    /// <summary>The request went to the primary as it came and nothing was kept; a <see cref="ForwardReason"/> says why.</summary>
    Bypass,
}
