using Waystation.FetchCore.Observing;
using Waystation.FetchCore.Primaries;
using Waystation.GitProtocol.Advertisements;
using Waystation.GitProtocol.Fetching;

namespace Waystation.SshFrontend.Sessions;

/// <summary>Counts what the primary is asked.</summary>
/// <param name="primary">The primary.</param>
/// <param name="kind">What the client's own request is.</param>
/// <param name="meters">Who counts.</param>
internal sealed class CountedPrimary(IPrimary primary, string kind, FetchMeters meters) : IPrimary
{
    public bool IsOut => primary.IsOut;

    public bool AnswersOneAtATime => primary.AnswersOneAtATime;

    public Task<PrimaryReply> FetchAsync(CancellationToken cancellationToken)
    {
        meters.Upstream(kind);
        return primary.FetchAsync(cancellationToken);
    }

    public Task<PrimaryReply> SyncAsync(FetchRequest request, ResponseFraming framing, CancellationToken cancellationToken)
    {
        meters.Upstream("sync");
        return primary.SyncAsync(request, framing, cancellationToken);
    }

    public Task<PrimaryReply> LsRefsAsync(LsRefsRequest request, CancellationToken cancellationToken)
    {
        meters.Upstream("ls-refs");
        return primary.LsRefsAsync(request, cancellationToken);
    }

    public Task<PrimaryReply> InfoRefsAsync(CancellationToken cancellationToken)
    {
        meters.Upstream("info-refs");
        return primary.InfoRefsAsync(cancellationToken);
    }
}
