using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using Waystation.CacheStore;
using Waystation.CacheStore.Mirrors;
using Waystation.CacheStore.Pushes;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Access.Tickets;
using Waystation.FetchCore.Authorization;
using Waystation.FetchCore.Mirroring;
using Waystation.FetchCore.Observing;
using Waystation.FetchCore.Peers;
using Waystation.FetchCore.Primaries;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.Pushing;

namespace Waystation.FetchCore.Pushes;

/// <summary>
/// Takes pushes that passed through into the mirror, so that no fetch asks the primary for objects that were just sent to it:
/// <code>
///   report   the primary accepted all of it
///   refs     the primary shows the new tips to the pusher
///   objects  git checks each of them, and that none is missing
///   mirror   the pack is moved in, the refs follow the listing
/// </code>
/// A failed check ends it, and the next fetch brings the mirror up to date as ever.
/// </summary>
public sealed class PushIngest(
    PushCopies copies,
    MirrorSet mirrors,
    MirrorSync sync,
    MirrorBootstrap bootstrap,
    FetchAuthorizer access,
    IPeers peers,
    IPushKeeper keeper,
    AccessTickets tickets,
    WorkMeters meters,
    TimeProvider time,
    ILogger<PushIngest> logger
)
{
    /// <summary>Fetches wait for a push that is taken in. So the primary must send its listing within this time, or the push is
    /// dropped.</summary>
    private static readonly TimeSpan s_listing = TimeSpan.FromSeconds(30);

    /// <summary>Begins to watch a push; null if that is of no use.</summary>
    /// <param name="repository">The repository.</param>
    /// <param name="isGzip">Whether the client's bytes are compressed.</param>
    /// <param name="pusher">
    /// Returns the credential of the push, and the primary asked in its name, also after the push; null if the credential is not known. It
    /// is called when the primary has reported.
    /// </param>
    public PushWatch? Watch(RepositoryName repository, bool isGzip, Func<(Credential Credential, IPrimary Primary)?> pusher) =>
        Begin(repository, isGzip) is { } copy ? new PushWatch(this, repository, pusher, copy) : null;

    /// <summary>Begins the copy of a push; null if it is of no use.</summary>
    internal PushCopy? Begin(RepositoryName repository, bool isGzip)
    {
        // Another node's mirror is not known here.
        bool hasMirror = mirrors.Peek(repository) is not null || !peers.Keeps(repository);
        return copies.IsOn ? copies.Begin(isGzip, push => push.Commands.Count > 0 && (hasMirror || IsFirst(push))) : null;
    }

    /// <summary>Whether the push may have everything that the repository has.</summary>
    private static bool IsFirst(PushRequestReader push) => push.HasPack && push.Commands.All(static command => command.IsCreation);

    /// <summary>
    /// Takes a push in, behind its pusher. When this call returns its task, the work has begun, and the client cannot know yet that its
    /// push was accepted. So a later fetch finds the work in progress.
    /// </summary>
    [SuppressMessage("Design", "CA1031", Justification = "Whatever ends this ends nothing else.")]
    internal async Task TakeAsync(ObservedPush push)
    {
        long begun = time.GetTimestamp();
        string result = "dropped";
        try
        {
            // The work begins before the first wait. From here on the client may learn that its push was accepted, and others may fetch it.
            Task<IncomingPack?> Arrive(CancellationToken token) => ArriveAsync(push, () => result = "refused", token);
            ObjectFormat Format() => push.Copy.Request.ObjectFormat;
            if (!keeper.TryHandOver(push.Repository, Arrive, Format, out Task<bool>? taking))
            {
                taking = TakeInAsync(push.Repository, Arrive, Format);
            }

            await push.Copy.Whole;
            tickets.NotePush(push.Repository, push.Credential, push.Moved());
            result = await taking ? "taken" : result;
        }
        catch (Exception e)
        {
            logger.WorkFailed(push.Repository, "push", e.Message);
        }
        finally
        {
            int refs = push.Copy.Request.Commands.Count;
            await push.Copy.DisposeAsync();
            meters.PushSeen(result);
            logger.PushSeen(push.Repository, refs, result, time.GetElapsedTime(begun));
        }
    }

    /// <summary>Takes in a push, from here or from a node that it passed through. The work has begun when this call returns.</summary>
    /// <param name="repository">The repository.</param>
    /// <param name="arrive">Waits until the push is complete; null if it is not taken in.</param>
    /// <param name="format">The object format, once the push has arrived.</param>
    public Task<bool> TakeInAsync(
        RepositoryName repository,
        Func<CancellationToken, Task<IncomingPack?>> arrive,
        Func<ObjectFormat> format
    ) => mirrors.Find(repository) is { } mirror ? sync.TakeInAsync(mirror, arrive) : bootstrap.TakeInAsync(repository, arrive, format);

    private async Task<IncomingPack?> ArriveAsync(ObservedPush push, Action refuse, CancellationToken stopping)
    {
        if (!await push.Copy.Whole.WaitAsync(stopping))
        {
            return null;
        }

        if (!push.IsTaken)
        {
            refuse();
            return null;
        }

        using var limit = new CancellationTokenSource(s_listing, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, stopping);
        AccessView? view = await access.ListAsync(
            push.Repository,
            push.Credential,
            push.Copy.Request.ObjectFormat,
            push.Primary,
            either.Token
        );
        ObjectId[] tips = [.. push.Tips()];
        return view is not null && view.Shows(tips) ? new IncomingPack(view, tips, [.. push.Gone()], push.Copy.Pack) : null;
    }
}
