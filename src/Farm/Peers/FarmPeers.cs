using Waystation.CacheStore;
using Waystation.Farm.Nodes;
using Waystation.Farm.Peers.Messages;
using Waystation.FetchCore.Access.Tickets;
using Waystation.FetchCore.Peers;

namespace Waystation.Farm.Peers;

/// <summary>The other nodes of the farm, behind the seam of the core.</summary>
internal sealed class FarmPeers(IFarmNodes nodes, PeerClient client, OpenCalls calls, AccessTickets tickets, PeerMeters meters) : IPeers
{
    /// <summary>Nodes that are asked for what they have. One that kept the mirror before is the next of the ranking.</summary>
    private const int MostHolders = 2;

    /// <summary>A node that works shows it every second, and within a pack every five.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(8);

    /// <inheritdoc />
    public bool Keeps(RepositoryName repository) => KeeperOf(repository) is not { } keeper || keeper.Name == nodes.Self.Name;

    /// <inheritdoc />
    public async Task<PeerAnswer?> AskKeeperAsync(PeerQuestion question, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(question);
        // If the keeper does not answer, the next node of the ranking takes its place, so that equal requests still meet at one node.
        foreach (FarmNode node in Ranking.Of(question.Repository, Active()))
        {
            if (node.Name == nodes.Self.Name)
            {
                return null;
            }

            if (!client.IsSuspect(node))
            {
                (PeerAnswer? answer, bool hasReplied) = await AskAsync(node, question, question.IsRecorded, cancellationToken);
                if (hasReplied)
                {
                    return answer;
                }
            }
        }

        return null;
    }

    /// <inheritdoc />
    public async Task<PeerAnswer?> AskHoldersAsync(PeerQuestion question, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(question);
        foreach (
            FarmNode node in Ranking
                .Of(question.Repository, nodes.Members)
                .Where(node => node.Name != nodes.Self.Name && node.Name != question.From && !client.IsSuspect(node))
                .Take(MostHolders)
        )
        {
            if ((await AskAsync(node, question, isHeldOnly: true, cancellationToken)).Answer is { } answer)
            {
                return answer;
            }
        }

        return null;
    }

    /// <inheritdoc />
    public async Task<MirrorComparison?> CompareAsync(
        RepositoryName repository,
        ReadOnlyMemory<byte> refs,
        CancellationToken cancellationToken
    )
    {
        if (KeeperOf(repository) is not { } keeper || keeper.Name == nodes.Self.Name || client.IsSuspect(keeper))
        {
            return null;
        }

        try
        {
            await using PeerResponse? response = await client.SendAsync(
                keeper,
                MirrorOperation.Operation,
                (writer, token) =>
                    writer.WriteHeadAsync(new MirrorMessage(repository.Host, repository.Path, refs.ToArray()), token).AsTask(),
                s_patience,
                cancellationToken
            );
            if (
                response is null
                || await response.Body.ReadHeadAsync<MirrorReplyMessage>(cancellationToken) is not { HasMirror: true, IsSame: var isSame }
            )
            {
                return null;
            }

            return new MirrorComparison(isSame ? null : ViewBytes.Read(await response.Body.ReadPieceAsync(cancellationToken)));
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>The node that keeps the mirror; null if no node is active.</summary>
    internal FarmNode? KeeperOf(RepositoryName repository) => Ranking.Of(repository, Active()) is [var first, ..] ? first : null;

    private IEnumerable<FarmNode> Active() => nodes.Members.Where(static node => node.State == NodeState.Active);

    /// <returns>The answer, and whether the node has replied at all.</returns>
    private async Task<(PeerAnswer? Answer, bool HasReplied)> AskAsync(
        FarmNode node,
        PeerQuestion question,
        bool isHeldOnly,
        CancellationToken cancellationToken
    )
    {
        OpenCall call = calls.Open(node.Name, question.Primary, question.View);
        PeerResponse? response = null;
        try
        {
            long askedAt = tickets.Now;
            response = await client.SendAsync(
                node,
                FetchOperation.Operation,
                async (writer, token) =>
                {
                    FetchMessage message = FetchMessage.Of(question, call.Number, call.ViewDigest);
                    await writer.WriteHeadAsync(message with { IsRecorded = isHeldOnly }, token);
                    await writer.WritePieceAsync(FetchMessage.Write(question.Request), token);
                },
                s_patience,
                cancellationToken
            );
            if (response is null)
            {
                meters.Asked(isHeldOnly, "failed");
                return (null, false);
            }

            FetchReplyMessage head = await response.Body.ReadHeadAsync<FetchReplyMessage>(cancellationToken);
            meters.Asked(isHeldOnly, head.HasAnswer ? "answered" : "none");
            if (!head.HasAnswer)
            {
                return (null, true);
            }

            var reply = new PeerReply(response, askedAt, call.Dispose) { Said = true };
            (response, call) = (null, null!);
            return (new PeerAnswer(node.Name, reply), true);
        }
        catch (IOException e)
        {
            response?.Suspect(FetchOperation.Operation, e.Message);
            meters.Asked(isHeldOnly, "failed");
            return (null, false);
        }
        finally
        {
            if (response is not null)
            {
                await response.DisposeAsync();
            }

            call?.Dispose();
        }
    }
}
