using System.Collections.Concurrent;
using Waystation.CacheStore;
using Waystation.CacheStore.Mirrors;
using Waystation.FetchCore.Background;
using Waystation.FetchCore.Mirroring;
using Waystation.FetchCore.Observing;
using Waystation.FetchCore.Peers;
using Waystation.FetchCore.Primaries;
using Waystation.FetchCore.Primaries.Errors;
using Waystation.FetchCore.Refs;
using Waystation.GitProtocol.Objects;

namespace Waystation.FetchCore.Vet;

/// <summary>
/// Compares a mirror's refs with the primary's, and fetches missing objects. A mirror that another node of the farm keeps is compared with
/// that node's, by the digest of the refs, and takes what it misses from there: so it is up to date if that node goes.
/// </summary>
public sealed class VetWork(
    MirrorSet mirrors,
    IServicePrimaries services,
    IPeers peers,
    MirrorSync sync,
    MirrorRefsUpdate refs,
    PrimaryHistory history,
    VetReport report
) : RepositoryWork
{
    /// <summary>For each mirror: the digest of the listing that it agreed with.</summary>
    private readonly ConcurrentDictionary<RepositoryName, byte[]> _agreed = new();

    /// <summary>For each mirror: whether its primary speaks protocol v2. The node asks it nothing that it did not advertise.</summary>
    private readonly ConcurrentDictionary<RepositoryName, bool> _speaksV2 = new();

    /// <inheritdoc />
    public override WorkKind Kind => WorkKind.Vet;

    /// <inheritdoc />
    public override WorkLane Lane => WorkLane.Small;

    /// <summary>Whether there is something to compare the mirror of this repository with.</summary>
    public bool Concerns(RepositoryName repository) => services.Serves(repository) || !peers.Keeps(repository);

    /// <inheritdoc />
    public override async Task RunAsync(RepositoryName repository, CancellationToken stopping)
    {
        if (mirrors.Find(repository) is not { } mirror)
        {
            _agreed.TryRemove(repository, out _);
            _speaksV2.TryRemove(repository, out _);
            return;
        }

        try
        {
            await VetAsync(mirror, stopping);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            report.Failed(repository, e.Message);
            throw;
        }
    }

    /// <summary>
    /// Asks in the version that the primary was found to speak. If the primary does not answer it any more, the next vet finds out the
    /// version again.
    /// </summary>
    private async Task<ServiceSight> LookAsync(IPrimary primary, Mirror mirror, byte[]? agreed, CancellationToken stopping)
    {
        ServiceSight seen = _speaksV2.TryRemove(mirror.Name, out bool speaksV2)
            ? await ServiceLook.AgainAsync(primary, mirror.ObjectFormat, agreed, speaksV2, stopping)
            : await ServiceLook.FirstAsync(primary, stopping);
        _speaksV2[mirror.Name] = seen.SpeaksV2;
        return seen;
    }

    private async Task CompareWithKeeperAsync(Mirror mirror, CancellationToken stopping)
    {
        if (await peers.CompareAsync(mirror.Name, mirror.Refs.ToDigest(), stopping) is not { } compared)
        {
            return;
        }

        if (compared.Refs is { } view && refs.IsDue(mirror, view))
        {
            var asker = new SyncRequester(view, NoPrimary.Instance, ProtocolVersion: 2, static _ => { }) { AsksKeeper = true };
            if (!await sync.UpdateAsync(mirror, asker, [.. MirrorBootstrap.TipsOf(view)], stopping))
            {
                throw new PrimaryException("the mirror differs from that of the node that keeps it, and the sync failed");
            }

            report.Mended(mirror.Name);
        }

        report.Checked(mirror.Name);
    }

    private async Task VetAsync(Mirror mirror, CancellationToken stopping)
    {
        await using ServiceConnection? connection = services.Open(mirror.Name);
        if (connection is null)
        {
            await CompareWithKeeperAsync(mirror, stopping);
            return;
        }

        byte[]? agreed = _agreed.GetValueOrDefault(mirror.Name);
        ServiceSight seen = await LookAsync(connection.Primary, mirror, agreed, stopping);
        if (agreed is not null && agreed.AsSpan().SequenceEqual(seen.Digest))
        {
            report.Checked(mirror.Name);
            return;
        }

        if (seen.Asker.View.IsOfShallow == true)
        {
            history.Tell(mirror.Name, isShallow: true);
            report.Checked(mirror.Name);
            return;
        }

        if (refs.IsDue(mirror, seen.Asker.View))
        {
            List<ObjectId> wants = [.. MirrorBootstrap.TipsOf(seen.Asker.View)];
            if (!await sync.UpdateAsync(mirror, seen.Asker, wants, stopping))
            {
                throw new PrimaryException("the mirror differs from the primary, and the sync failed");
            }

            report.Mended(mirror.Name);
        }

        report.Checked(mirror.Name);

        // A deleted ref stays for a while: until then the mirror must be compared again.
        if (!refs.IsDue(mirror, seen.Asker.View) && MirrorRefsUpdate.Agrees(mirror, seen.Asker.View))
        {
            _agreed[mirror.Name] = seen.Digest;
        }
        else
        {
            _agreed.TryRemove(mirror.Name, out _);
        }
    }
}
