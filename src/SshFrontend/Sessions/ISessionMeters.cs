using Waystation.FetchCore;

namespace Waystation.SshFrontend.Sessions;

/// <summary>What the node counts; one set of counters for every front end.</summary>
public interface ISessionMeters
{
    /// <summary>A pack was sent from here.</summary>
    void Fetched(FetchOutcome outcome, long bytes);

    /// <summary>A fetch went to the primary as it came.</summary>
    void Bypassed(ForwardReason reason);

    /// <summary>A fetch was told to come again.</summary>
    void Busy();

    /// <summary>The primary was asked something, such as <c>ls-refs</c>.</summary>
    void Upstream(string kind);

    /// <summary>A session began.</summary>
    void Opened();

    /// <summary>A session ended.</summary>
    void Closed();
}
