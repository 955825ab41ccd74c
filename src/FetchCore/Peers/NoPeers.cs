using Waystation.CacheStore;

namespace Waystation.FetchCore.Peers;

/// <summary>A node by itself.</summary>
public sealed class NoPeers : IPeers
{
    private static readonly Task<PeerAnswer?> s_none = Task.FromResult<PeerAnswer?>(null);

    /// <inheritdoc />
    public bool Keeps(RepositoryName repository) => true;

    /// <inheritdoc />
    public Task<PeerAnswer?> AskKeeperAsync(PeerQuestion question, CancellationToken cancellationToken) => s_none;

    /// <inheritdoc />
    public Task<PeerAnswer?> AskHoldersAsync(PeerQuestion question, CancellationToken cancellationToken) => s_none;

    /// <inheritdoc />
    public Task<MirrorComparison?> CompareAsync(
        RepositoryName repository,
        ReadOnlyMemory<byte> refs,
        CancellationToken cancellationToken
    ) => Task.FromResult<MirrorComparison?>(null);
}
