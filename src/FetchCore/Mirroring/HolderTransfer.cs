using Waystation.CacheStore;
using Waystation.CacheStore.Git;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Peers;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.Requests;
using Waystation.GitProtocol.Responses;

namespace Waystation.FetchCore.Mirroring;

/// <summary>
/// Takes objects from nodes that may have kept the mirror before this one did, so that the primary sends only the objects that no node has.
/// A mirror that another node keeps takes them from that node.
/// </summary>
public sealed class HolderTransfer(IPeers peers)
{
    /// <summary>Asks the other nodes; null if none has the objects, or if taking them failed.</summary>
    /// <param name="repository">The repository.</param>
    /// <param name="asker">The requester; its view limits the objects.</param>
    /// <param name="request">The request.</param>
    /// <param name="take">Takes the pack from the reply's body, which has the form of protocol v2.</param>
    /// <param name="stopping">Ends it.</param>
    internal async Task<T?> TryAsync<T>(
        RepositoryName repository,
        SyncRequester asker,
        FetchRequest request,
        Func<PeerAnswer, Task<T?>> take,
        CancellationToken stopping
    )
        where T : class
    {
        if (!asker.AsksKeeper && !peers.Keeps(repository))
        {
            return null;
        }

        var question = new PeerQuestion(
            repository,
            Credential: null,
            request,
            ResponseFraming.V2,
            VisibilityRule.Advertised,
            asker.View,
            asker.Primary
        );
        PeerAnswer? answer = asker.AsksKeeper
            ? await peers.AskKeeperAsync(question with { IsRecorded = true }, stopping)
            : await peers.AskHoldersAsync(question, stopping);
        if (answer is null)
        {
            return null;
        }

        await using (answer.Reply)
        {
            try
            {
                return await take(answer);
            }
            catch (Exception e) when (e is IOException or GitFailedException or UnauthorizedAccessException)
            {
                // The primary sends them.
                return null;
            }
        }
    }
}
