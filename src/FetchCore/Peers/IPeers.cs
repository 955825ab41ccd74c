using Waystation.CacheStore;

namespace Waystation.FetchCore.Peers;

/// <summary>
/// The other nodes that serve the same primary. A peer is a nearer primary: it is asked before the primary, by the same requests, and its
/// reply is read like one of the primary. One node keeps the mirror of a repository; the others ask it. A node without peers keeps all.
/// <para>Calls throw only <see cref="OperationCanceledException"/>. A peer that is slow or dead costs a bounded moment.</para>
/// </summary>
public interface IPeers
{
    /// <summary>Whether this node keeps the mirror of this repository.</summary>
    bool Keeps(RepositoryName repository);

    /// <summary>
    /// Asks the node that keeps the mirror. That node asks the primary, if it must, by the question's own <see
    /// cref="PeerQuestion.Primary"/>. Null if this node keeps it, or if the other one does not answer with a pack or a round.
    /// </summary>
    Task<PeerAnswer?> AskKeeperAsync(PeerQuestion question, CancellationToken cancellationToken);

    /// <summary>
    /// Asks nodes that may have kept the mirror before for what they have; none of them asks the primary. Null if none has it.
    /// </summary>
    Task<PeerAnswer?> AskHoldersAsync(PeerQuestion question, CancellationToken cancellationToken);

    /// <summary>
    /// Compares a mirror of this node with that of the node that keeps it. Null if this node keeps it, or if the other one has no mirror
    /// or does not answer.
    /// </summary>
    /// <param name="repository">The repository.</param>
    /// <param name="refs">The digest of the refs of this node's mirror.</param>
    /// <param name="cancellationToken">Ends it.</param>
    Task<MirrorComparison?> CompareAsync(RepositoryName repository, ReadOnlyMemory<byte> refs, CancellationToken cancellationToken);
}
