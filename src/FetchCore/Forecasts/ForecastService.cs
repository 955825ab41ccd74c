using Waystation.CacheStore;
using Waystation.CacheStore.Git;
using Waystation.CacheStore.Mirrors;
using Waystation.CacheStore.Packs;
using Waystation.CacheStore.Packs.Filling;
using Waystation.CacheStore.Packs.Storing;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Access.Tickets;
using Waystation.FetchCore.Mirroring;
using Waystation.FetchCore.Observing;
using Waystation.FetchCore.Peers;
using Waystation.FetchCore.Primaries;
using Waystation.FetchCore.Refs;
using Waystation.GitProtocol.Advertisements;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.Requests;

namespace Waystation.FetchCore.Forecasts;

/// <summary>
/// Foretells how the ladder would serve a clone by this credential, without climbing it: the primary is asked for the refs as for any
/// clone, and then each rung is looked at. It makes no pack, no ticket and no sync, and no count changes.
/// </summary>
public sealed class ForecastService(
    AccessTickets tickets,
    ClonePatterns patterns,
    DiskPackTier packs,
    FillTable fills,
    MirrorSet mirrors,
    ObjectQueries objects,
    IPeers peers
)
{
    /// <summary>Foretells one clone.</summary>
    /// <param name="repository">The repository.</param>
    /// <param name="credential">The credential.</param>
    /// <param name="shape">The clone.</param>
    /// <param name="primary">The primary, asked with this credential.</param>
    /// <param name="explain">Puts into words a reply that is no answer.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task<Forecast> LookAsync(
        RepositoryName repository,
        Credential credential,
        CloneShape shape,
        IPrimary primary,
        Func<PrimaryReply, string> explain,
        CancellationToken cancellationToken
    )
    {
        ArgumentNullException.ThrowIfNull(shape);
        ArgumentNullException.ThrowIfNull(primary);
        ArgumentNullException.ThrowIfNull(explain);
        var known = new Forecast
        {
            HasTicket = tickets.Find(repository, credential) is not null,
            IsRecorded = tickets.FindRecorded(repository, credential) is not null,
            IsKeeper = peers.Keeps(repository),
            AreMirrorsOn = mirrors.IsOn,
            HasMirror = mirrors.Peek(repository) is not null,
        };
        try
        {
            await using (PrimaryReply reply = await primary.InfoRefsAsync(cancellationToken))
            {
                if (!reply.IsAnswer)
                {
                    return known with
                    {
                        IsReached = true,
                        Trouble = reply.Complaint ?? explain(reply),
                        Reason = reply.IsRefusal ? ForwardReason.NotAccepted : null,
                        Outcome = reply.IsRefusal ? FetchOutcome.Bypass : null,
                    };
                }
            }

            ServiceSight seen = await ServiceLook.FirstAsync(primary, cancellationToken);
            return await LookAsync(
                known with
                {
                    IsReached = true,
                    IsAccepted = true,
                    ProtocolVersion = seen.SpeaksV2 ? 2 : 0,
                },
                repository,
                shape,
                seen,
                cancellationToken
            );
        }
        catch (IOException e)
        {
            return known with { Trouble = e.Message };
        }
    }

    private async Task<Forecast> LookAsync(
        Forecast known,
        RepositoryName repository,
        CloneShape shape,
        ServiceSight seen,
        CancellationToken cancellationToken
    )
    {
        AccessView view = seen.Asker.View;
        List<RefTip> tips = [.. view.Tips()];
        ClonePattern? pattern = patterns.Wanted(repository).FirstOrDefault(one => shape.Fits(one, tips));
        FetchRequest? request = pattern?.RequestOf(tips) ?? shape.RequestOf(tips, seen.Format);
        known = known with { Refs = tips.Count, IsKnownPattern = pattern is not null, Wanted = request?.Wants.Count ?? 0 };
        if (request is null)
        {
            return known;
        }

        byte[]? tags = request.IncludeTag ? view.TagsDigest() : [];
        if (tags is null)
        {
            return known with { Outcome = FetchOutcome.Bypass, Reason = ForwardReason.TagsUnknown };
        }

        PackKey key = PackKey.Of(repository, request, tags);
        if (packs.Contains(key))
        {
            return known with { IsKept = true, Outcome = FetchOutcome.Hit };
        }

        if (fills.TryFollow(key) is { } making)
        {
            await making.DisposeAsync();
            return known with { IsMaking = true, Outcome = FetchOutcome.Join };
        }

        return await LookIntoMirrorAsync(known, repository, request, view, cancellationToken);
    }

    private async Task<Forecast> LookIntoMirrorAsync(
        Forecast known,
        RepositoryName repository,
        FetchRequest request,
        AccessView view,
        CancellationToken cancellationToken
    )
    {
        if (mirrors.Find(repository, request.ObjectFormat) is not { } mirror)
        {
            return known with { Outcome = known.IsKeeper ? FetchOutcome.Forward : FetchOutcome.Peer, Miss = MissReason.NoMirror };
        }

        try
        {
            IReadOnlyDictionary<ObjectId, ObjectKind> there = await objects.KindsAsync(mirror, request.Wants, cancellationToken);
            return known with
            {
                Missing = request.Wants.Count - there.Count,
                AreTagsOther = request.IncludeTag && !MirrorSync.HasTagsOf(mirror.Refs, view),
                Outcome = known.IsKeeper ? FetchOutcome.Local : FetchOutcome.Peer,
            };
        }
        catch (Exception e) when (e is GitFailedException or IOException)
        {
            return known with { Outcome = FetchOutcome.Forward, Miss = MissReason.Failed };
        }
    }
}
