using Waystation.CacheStore;
using Waystation.CacheStore.Mirrors;
using Waystation.FetchCore.Mirroring;
using Waystation.FetchCore.Observing;
using Waystation.FetchCore.Primaries.Errors;
using Waystation.FetchCore.Refs;

namespace Waystation.FetchCore.Background;

/// <summary>Makes a first mirror in the node's own name.</summary>
public sealed class WarmWork(MirrorSet mirrors, IServicePrimaries services, MirrorBootstrap bootstrap) : RepositoryWork
{
    /// <inheritdoc />
    public override WorkKind Kind => WorkKind.Warm;

    /// <inheritdoc />
    public override WorkLane Lane => WorkLane.Large;

    /// <inheritdoc />
    public override async Task RunAsync(RepositoryName repository, CancellationToken stopping)
    {
        if (mirrors.Peek(repository) is not null || !mirrors.IsOn)
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
            !await bootstrap.BeginAsync(repository, seen.Format, seen.Asker).WaitAsync(stopping)
            && mirrors.Peek(repository) is null
            && MirrorBootstrap.TipsOf(seen.Asker.View).Any()
        )
        {
            throw new PrimaryException("the mirror could not be made");
        }
    }
}
