using Waystation.CacheStore;
using Waystation.FetchCore.Mirroring;
using Waystation.FetchCore.Primaries;

namespace Waystation.FetchCore.Tests.Mirrors;

/// <summary>The service credential of a test.</summary>
internal sealed class ServiceUser : IServicePrimaries
{
    /// <summary>The primary, asked on the node's own account; null if the operator gave it no credential.</summary>
    public IPrimary? Primary { get; set; }

    public bool Serves(RepositoryName repository) => Primary is not null;

    public ServiceConnection? Open(RepositoryName repository) => Primary is { } primary ? new ServiceConnection(primary) : null;
}
