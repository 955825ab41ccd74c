using Waystation.CacheStore;
using Waystation.CacheStore.Mirrors;
using Waystation.FetchCore.Primaries;

namespace Waystation.FetchCore.Work;

/// <summary>Makes a first mirror in the node's own name.</summary>
public sealed class WarmWork(MirrorSet mirrors, IServicePrimaries services, MirrorMaking making) : RepositoryWork
{
    /// <inheritdoc />
    public override WorkKind Kind => WorkKind.Warm;

    /// <inheritdoc />
    public override WorkLane Lane => WorkLane.Large;

    /// <inheritdoc />
    public override async Task RunAsync(RepositoryName repository, CancellationToken stopping)
    {
        if (mirrors.Find(repository) is not null || !mirrors.IsOn)
        {
            return;
        }

        await using ServiceConnection? connection = services.Open(repository);
        if (connection is null)
        {
            return;
        }

        ServiceSight seen = await ServiceLook.FirstAsync(connection.Primary, stopping);
        if (
            !await making.BeginAsync(repository, seen.Format, seen.Asker).WaitAsync(stopping)
            && mirrors.Find(repository) is null
            && MirrorMaking.TipsOf(seen.Asker.View).Any()
        )
        {
            throw new PrimaryException("no mirror could be made");
        }
    }
}
