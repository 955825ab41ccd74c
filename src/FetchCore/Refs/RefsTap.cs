using Waystation.FetchCore.Access.Tickets;
using Waystation.FetchCore.Mirroring;
using Waystation.FetchCore.Primaries;
using Waystation.FetchCore.Primaries.Errors;

namespace Waystation.FetchCore.Refs;

/// <summary>One question for refs that is sent; it records the reply as it passes.</summary>
internal sealed class RefsTap(RefsQuery query, AccessTickets tickets, SyncOnRefChange moved) : IRefsLeader
{
    private MirrorGeneration? _moment;
    private RefsReading? _reading;

    /// <summary>Asks the primary.</summary>
    public Task<PrimaryReply> AskAsync(CancellationToken cancellationToken)
    {
        _moment = moved.Begin(query.Repository);
        return query.Primary.AskRefsAsync(cancellationToken);
    }

    /// <summary>Sees the head of the reply.</summary>
    public void See(PrimaryReply reply) =>
        _reading = new RefsReading(
            tickets,
            query.Repository,
            query.Credential,
            query.LsRefs,
            reply,
            moved.FollowerOf(_moment, tickets, query.Repository, query.Credential, query.Primary)
        );

    /// <summary>Sees the next bytes of the body, before any client does.</summary>
    public void Read(ReadOnlySpan<byte> bytes) => _reading!.Read(bytes);

    /// <summary>The body has come to its end.</summary>
    public void End() => _reading!.End();

    /// <summary>The question failed. A primary that fails may have been replaced, so its capabilities are asked for again.</summary>
    public void Fail(Exception failure)
    {
        if (failure is IOException and not PrimaryBusyException)
        {
            tickets.ExpireCapabilities(query.Repository, query.Credential);
        }
    }
}
