using System.Buffers;
using System.IO.Pipelines;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Primaries;
using Waystation.GitProtocol.Advertisements;
using Waystation.GitProtocol.Objects;

namespace Waystation.FetchCore;

/// <summary>
/// Settles whether a fetch may be served from here: each one by itself, by a live ticket or by asking the primary with
/// the client's own credential. It never says no; what it cannot show is the primary's to decide.
/// </summary>
public sealed class AccessDesk(AccessTickets tickets, SharedRefs shared, CancellationToken stopping)
{
    /// <summary>What this credential may rely on, with every want shown to it; or null, and why not.</summary>
    public async Task<(AccessView? View, ForwardReason Reason)> SettleAsync(FetchCall call, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(call);
        AccessView? view = tickets.Find(call.Repository, call.Credential);
        if (view is not null && IsEnough(view, call))
        {
            return (view, default);
        }

        if (view is { HasCompleteListing: true })
        {
            return (null, ForwardReason.NotVisible);
        }

        try
        {
            view = await shared.AskAsync(call.Repository, call.Credential, () => AskAsync(call), cancellationToken);
            return view is null ? (null, ForwardReason.NotAccepted)
                : IsEnough(view, call) ? (view, default)
                : (null, ForwardReason.NotVisible);
        }
        catch (Exception e) when (e is PrimaryException or IOException)
        {
            // The request itself is tried once, and the client told what comes of it.
            return (null, ForwardReason.NotAccepted);
        }
    }

    /// <summary>Ends the ticket of this call's credential where the primary refused it.</summary>
    public void NoteRefusal(FetchCall call, PrimaryReply reply)
    {
        ArgumentNullException.ThrowIfNull(call);
        ArgumentNullException.ThrowIfNull(reply);
        if (reply.IsRefusal)
        {
            tickets.Refuse(call.Repository, call.Credential, reply.AnsweredAt);
        }
    }

    private static bool IsEnough(AccessView view, FetchCall call)
    {
        // deepen-relative counts from the client's shallow commits, wherever they are: they are wanted as much as the wants.
        IEnumerable<ObjectId> needed = call.Request.DeepenRelative
            ? call.Request.Wants.Concat(call.Request.Shallows)
            : call.Request.Wants;
        return call.Visibility == VisibilityRule.Repository || view.Shows(needed);
    }

    /// <summary>Asks the primary as little as will do: where any object may be had by whoever may read, only that.</summary>
    private Task<AccessView?> AskAsync(FetchCall call) =>
        call is { Visibility: VisibilityRule.Repository, Request.IncludeTag: false } ? AskIfAcceptedAsync(call) : AskRefsAsync(call);

    private async Task<AccessView?> AskIfAcceptedAsync(FetchCall call)
    {
        await using PrimaryReply reply = await call.Primary.InfoRefsAsync(stopping);
        NoteRefusal(call, reply);
        var reader = new InfoRefsReader();
        if (!reply.IsAnswer || !await ReadToEndAsync(reply, reader) || reader.Capabilities is not { } capabilities)
        {
            return null;
        }

        tickets.Accept(call.Repository, call.Credential, capabilities, reply.AnsweredAt);
        return new AccessView([]);
    }

    private async Task<AccessView?> AskRefsAsync(FetchCall call)
    {
        LsRefsRequest question = LsRefsRequest.All(call.Request.ObjectFormat);
        await using PrimaryReply reply = await call.Primary.LsRefsAsync(question, stopping);
        NoteRefusal(call, reply);
        var reader = new LsRefsReader(call.Request.ObjectFormat);
        if (!reply.IsAnswer || !await ReadToEndAsync(reply, reader))
        {
            return null;
        }

        var listing = new RefListing(question, reader.Tips);
        tickets.Show(call.Repository, call.Credential, listing, reply.AnsweredAt);
        return new AccessView([listing]);
    }

    private async Task<bool> ReadToEndAsync(PrimaryReply reply, PassingReader reader)
    {
        while (!reader.HasStopped && !reader.IsComplete)
        {
            ReadResult read = await reply.Body.ReadAsync(stopping);
            foreach (ReadOnlyMemory<byte> segment in read.Buffer)
            {
                reader.Read(segment.Span);
            }

            reply.Body.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
            {
                break;
            }
        }

        return reader.IsComplete;
    }
}
