using Waystation.CacheStore;
using Waystation.FetchCore.Peers;

namespace Waystation.FetchCore.Tests;

/// <summary>The other nodes of a farm: each question is kept, and a test says the answer.</summary>
internal sealed class FakePeers : IPeers
{
    public bool IsKeeper { get; set; }

    public Func<PeerQuestion, FakeReply?> Keeper { get; set; } = static _ => null;

    public Func<PeerQuestion, FakeReply?> Holders { get; set; } = static _ => null;

    public List<PeerQuestion> Questions { get; } = [];

    public bool Keeps(RepositoryName repository) => IsKeeper;

    public Task<PeerAnswer?> AskKeeperAsync(PeerQuestion question, CancellationToken cancellationToken)
    {
        Questions.Add(question);
        return Task.FromResult(Keeper(question) is { } reply ? new PeerAnswer("b", reply) : null);
    }

    public Task<PeerAnswer?> AskHoldersAsync(PeerQuestion question, CancellationToken cancellationToken) =>
        Task.FromResult(Holders(question) is { } reply ? new PeerAnswer("b", reply) : null);

    public Task<MirrorComparison?> CompareAsync(
        RepositoryName repository,
        ReadOnlyMemory<byte> refs,
        CancellationToken cancellationToken
    ) => Task.FromResult<MirrorComparison?>(null);
}
