using System.Buffers;
using System.Collections.Concurrent;
using Waystation.CacheStore;
using Waystation.CacheStore.Disk;
using Waystation.CacheStore.Flights;
using Waystation.CacheStore.Git;
using Waystation.CacheStore.Mirrors;
using Waystation.CacheStore.Packs;
using Waystation.CacheStore.Packs.Filling;
using Waystation.CacheStore.Streams;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Flights;
using Waystation.FetchCore.Primaries;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.Requests;
using Waystation.GitProtocol.Responses;

namespace Waystation.FetchCore.Mirroring;

/// <summary>
/// Begins mirrors. A full clone on its way to a client becomes a mirror: a reader follows the fill like any other and feeds git, so the
/// primary sends the objects once. If nobody clones in full, the second miss within an hour begins a mirror behind the response, with the
/// credential of that miss.
/// </summary>
public sealed class MirrorBootstrap(
    BackgroundWork work,
    MirrorSet mirrors,
    MirrorRefsUpdate refs,
    GitProgram git,
    DataFolder folder,
    MirrorAdmission admission,
    PrimaryHistory history,
    HolderTransfer holders,
    StoreMeters meters,
    TimeProvider time
)
{
    private const string Kind = "first mirror";

    private static readonly TimeSpan s_credentialHold = TimeSpan.FromMinutes(10);

    private static readonly TimeSpan s_failureMemory = TimeSpan.FromHours(1);

    /// <summary>Guards memory against clones of ever new repositories.</summary>
    private const int MaxFailures = 16_384;

    private readonly ConcurrentDictionary<RepositoryName, PackReader> _followed = new();
    private readonly RecentMap<RepositoryName, bool> _failed = new(MaxFailures, s_failureMemory, time);

    /// <summary>Repositories whose first push is being made a mirror.</summary>
    private readonly ConcurrentDictionary<RepositoryName, bool> _arriving = new();

    /// <summary>Whether the response to this request has everything that its wants lead to.</summary>
    public static bool IsFullClone(FetchRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return request is { IsClone: true, Filter: null, Depth: null, DeepenSince: null };
    }

    /// <summary>
    /// Whether a missing mirror may be made from a cached clone. Not soon after a failure, for instance for lack of room, because cached
    /// clones are hit often.
    /// </summary>
    public bool MayRemake(RepositoryName repository) => work.Find(Kind, repository) is null && !_failed.Contains(repository);

    /// <summary>Makes a mirror from a full clone that is cached or under way. This call disposes the reader.</summary>
    /// <param name="call">The fetch that begins the mirror.</param>
    /// <param name="view">The listings of its credential.</param>
    /// <param name="reader">The clone.</param>
    /// <param name="isStranger">Whether only strangers want it.</param>
    public async ValueTask FollowAsync(FetchCall call, AccessView view, PackReader reader, bool isStranger)
    {
        ArgumentNullException.ThrowIfNull(call);
        ArgumentNullException.ThrowIfNull(view);
        ArgumentNullException.ThrowIfNull(reader);
        bool began = false;
        if (work.Find(Kind, call.Repository) is null && MayBegin(call.Credential, isStranger))
        {
            _ = work.JoinOrBegin(Kind, call.Repository, stopping => MakeAsync(call, view, reader, isStranger, stopping), out began);
        }

        if (!began)
        {
            await reader.DisposeAsync();
        }
    }

    private bool MayBegin(Credential credential, bool isStranger)
    {
        bool mayBegin = admission.MayBegin(credential, isStranger);
        if (!mayBegin)
        {
            meters.MirrorDeclined(isStranger);
        }

        return mayBegin;
    }

    /// <summary>Notes a miss that is no full clone; the second one of a repository begins its mirror.</summary>
    public void Miss(FetchCall call, SyncRequester asker, bool isStranger)
    {
        ArgumentNullException.ThrowIfNull(call);
        ArgumentNullException.ThrowIfNull(asker);
        RepositoryName repository = call.Repository;
        if (mirrors.IsOn && work.Find(Kind, repository) is null && admission.IsSecond(repository, call.Credential, isStranger))
        {
            ObjectFormat format = call.Request.ObjectFormat;
            _ = work.JoinOrBegin(Kind, repository, stopping => MakeAsync(repository, format, asker, isStranger, stopping), out _);
        }
    }

    /// <summary>Waits for a mirror whose objects have all come and are being indexed; not for one whose objects are still under
    /// way.</summary>
    public Task FinishAsync(RepositoryName repository, CancellationToken waiting) =>
        (_arriving.ContainsKey(repository) || (_followed.TryGetValue(repository, out PackReader? reader) && reader.PackLength is not null))
        && work.Find(Kind, repository) is { } making
            ? making.WaitAsync(waiting)
            : Task.CompletedTask;

    private async Task<bool> MakeAsync(FetchCall call, AccessView view, PackReader reader, bool isStranger, CancellationToken stopping)
    {
        (RepositoryName repository, FetchRequest request) = (call.Repository, call.Request);
        _followed[repository] = reader;
        bool made = false;
        try
        {
            await using (reader)
            {
                if (reader is FillReader fill && await fill.BeginAsync(stopping) is not null)
                {
                    return false;
                }

                return made =
                    reader.Prologue.Shallow.Count == 0
                    && mirrors.IsOn
                    && await PublishAsync(
                        repository,
                        request.ObjectFormat,
                        request.Wants,
                        view,
                        quarantine => FeedAsync(reader, quarantine, stopping),
                        stopping,
                        isStranger: isStranger
                    );
            }
        }
        finally
        {
            _followed.TryRemove(new KeyValuePair<RepositoryName, PackReader>(repository, reader));
            NoteFailure(repository, made);
        }
    }

    private void NoteFailure(RepositoryName repository, bool made)
    {
        if (made)
        {
            _failed.Remove(repository);
        }
        else
        {
            _failed.Set(repository, true);
        }
    }

    private async Task<bool> MakeAsync(
        RepositoryName repository,
        ObjectFormat format,
        SyncRequester asker,
        bool isStranger,
        CancellationToken stopping
    )
    {
        using var hold = new CancellationTokenSource(s_credentialHold, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(hold.Token, stopping);
        List<ObjectId> wants = [.. TipsOf(asker.View)];
        if (wants.Count == 0)
        {
            return false;
        }

        (FetchRequest request, ResponseFraming framing) = asker.RequestFor(format, wants, haves: []);
        using var life = new SignsOfLife(time, either.Token);
        if (await MakeFromHoldersAsync(repository, request, asker, isStranger, life, either.Token))
        {
            return true;
        }

        return await life.WatchAsync(async () =>
        {
            await using PrimaryReply reply = await asker.Primary.SyncAsync(request, framing, life.Token);
            return await asker.ReadToPackAsync(reply, request, framing, history, repository, life)
                && await PublishAsync(
                    repository,
                    format,
                    wants,
                    asker.View,
                    quarantine => life.CopyPackAsync(reply.Body, framing, quarantine.WriteAsync),
                    either.Token,
                    isStranger: isStranger
                );
        });
    }

    private async Task<bool> MakeFromHoldersAsync(
        RepositoryName repository,
        FetchRequest request,
        SyncRequester asker,
        bool isStranger,
        SignsOfLife life,
        CancellationToken stopping
    ) =>
        await holders.TryAsync(
            repository,
            asker,
            request,
            answer =>
                life.WatchAsync<object?>(async () =>
                {
                    life.Note();
                    return
                        await PackResponse.ReadPrologueAsync(answer.Reply.Body, request, ResponseFraming.V2, life.Token)
                            is { Shallow.Count: 0 }
                        && await PublishAsync(
                            repository,
                            request.ObjectFormat,
                            request.Wants,
                            asker.View,
                            quarantine => life.CopyPackAsync(answer.Reply.Body, ResponseFraming.V2, quarantine.WriteAsync),
                            stopping,
                            isStrict: true,
                            isStranger
                        )
                        ? answer
                        : null;
                }),
            stopping
        )
            is not null;

    /// <summary>Begins a mirror in this requester's name, or joins the making of one; true if it succeeded.</summary>
    public Task<bool> BeginAsync(RepositoryName repository, ObjectFormat format, SyncRequester asker) =>
        work.JoinOrBegin(Kind, repository, stopping => MakeAsync(repository, format, asker, isStranger: false, stopping), out _);

    /// <summary>
    /// Makes a mirror from the first push to a repository, which has all objects. False if the push has not all of them, or if the making
    /// failed.
    /// </summary>
    public Task<bool> TakeInAsync(RepositoryName repository, Func<CancellationToken, Task<IncomingPack?>> arrive, Func<ObjectFormat> format)
    {
        ArgumentNullException.ThrowIfNull(arrive);
        ArgumentNullException.ThrowIfNull(format);
        if (!_arriving.TryAdd(repository, true))
        {
            return Task.FromResult(false);
        }

        Task<bool> made = work.JoinOrBegin(Kind, repository, stopping => TakeInAsync(repository, arrive, format, stopping), out bool began);
        if (began)
        {
            return made;
        }

        _arriving.TryRemove(repository, out _);
        return Task.FromResult(false);
    }

    private async Task<bool> TakeInAsync(
        RepositoryName repository,
        Func<CancellationToken, Task<IncomingPack?>> arrive,
        Func<ObjectFormat> format,
        CancellationToken stopping
    )
    {
        using var hold = new CancellationTokenSource(s_credentialHold, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(hold.Token, stopping);
        try
        {
            return await arrive(either.Token) is { Pack: { } pack } incoming
                && TipsOf(incoming.View).All(incoming.Tips.Contains)
                && await PublishAsync(
                    repository,
                    format(),
                    incoming.Tips,
                    incoming.View,
                    quarantine => quarantine.WriteAllAsync(pack, either.Token),
                    either.Token,
                    isStrict: true
                );
        }
        finally
        {
            _arriving.TryRemove(repository, out _);
        }
    }

    /// <summary>The wants of a clone of all branches and tags.</summary>
    public static IEnumerable<ObjectId> TipsOf(AccessView view)
    {
        ArgumentNullException.ThrowIfNull(view);
        return Wanted(view).Distinct();
    }

    /// <summary>Whether a clone of all branches and tags asks for this ref.</summary>
    internal static bool IsCloned(ReadOnlySpan<byte> refName) =>
        refName.SequenceEqual("HEAD"u8) || refName.StartsWith("refs/heads/"u8) || refName.StartsWith("refs/tags/"u8);

    private static IEnumerable<ObjectId> Wanted(AccessView view)
    {
        for (var reader = new ViewReader(view, peeledOnly: true); reader.MoveNext(); )
        {
            if (IsCloned(reader.Tip.Name))
            {
                yield return reader.Tip.Id;
            }
        }
    }

    private async Task<bool> PublishAsync(
        RepositoryName repository,
        ObjectFormat format,
        IReadOnlyCollection<ObjectId> wants,
        AccessView view,
        Func<PackQuarantine, Task> feed,
        CancellationToken stopping,
        bool isStrict = false,
        bool isStranger = false
    )
    {
        Mirror prepared = await mirrors.PrepareAsync(repository, format, isStranger, stopping);
        bool published = false;
        try
        {
            Brought brought;
            await using (var quarantine = new PackQuarantine(git, folder, mirrors, prepared, isWhole: true, stopping, isStrict))
            {
                await feed(quarantine);
                brought = await quarantine.CompleteAsync(wants, view.TipIds());
            }

            await refs.ApplyAsync(prepared, view, brought, stopping);
            mirrors.Publish(prepared);
            return published = true;
        }
        finally
        {
            if (!published)
            {
                MirrorSet.Discard(prepared);
            }
        }
    }

    private static async Task FeedAsync(PackReader reader, PackQuarantine quarantine, CancellationToken stopping)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BlockSums.BlockLength);
        try
        {
            while (await reader.NextAsync(stopping) is { Kind: not PackStepKind.End } step)
            {
                if (step.Kind == PackStepKind.Bytes)
                {
                    Memory<byte> piece = buffer.AsMemory(0, step.Length);
                    await reader.ReadAsync(piece, stopping);
                    reader.Verify();
                    await quarantine.WriteAsync(new ReadOnlySequence<byte>(piece), stopping);
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
