using System.Threading.Channels;
using Waystation.CacheStore;
using Waystation.CacheStore.Lfs;
using Waystation.Farm.Nodes;
using Waystation.Farm.Peers;
using Waystation.Farm.Peers.Messages;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Lfs;
using Waystation.GitProtocol.Lfs;

namespace Waystation.Farm.Lfs;

/// <summary>
/// The objects of the other nodes.
/// <code>
///   this node does not keep the repository ─► its keeper, which gets the object ─► the next keeper, if that one is away ─► own source
///   this node keeps the repository ─────────► nodes that may have stored the object ───────────────────────────────────► own source
/// </code>
/// </summary>
internal sealed class ObjectPeers(IFarmNodes nodes, PeerClient client, OpenSources sources, LfsStore store, PeerMeters meters)
    : IObjectPeers
{
    internal const string Operation = "lfs-object";

    /// <summary>Nodes that are asked for what they have stored.</summary>
    private const int MostHolders = 2;

    /// <summary>Nodes that are asked where no source is left.</summary>
    private const int MostAsked = 4;

    /// <summary>A node that works shows it every second.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(8);

    private readonly Channel<(RepositoryName Repository, LfsObject Stored)> _offers = Channel.CreateBounded<(RepositoryName, LfsObject)>(
        new BoundedChannelOptions(10_000) { FullMode = BoundedChannelFullMode.DropWrite }
    );

    /// <summary>The objects to offer to their keepers.</summary>
    public ChannelReader<(RepositoryName Repository, LfsObject Stored)> Offers => _offers.Reader;

    /// <inheritdoc />
    public ILfsSource? SourceAt(string node, string target) =>
        nodes.Find(node) is { } found ? new NodeSource(client, found, new SourceMessage(Call: null, target)) : null;

    /// <summary>The source that a node has under a number.</summary>
    public ILfsSource SourceOf(FarmNode node, string number) => new NodeSource(client, node, new SourceMessage(number, Target: null));

    /// <inheritdoc />
    public ILfsSource Through(LfsGrant grant, ILfsSource? own)
    {
        ArgumentNullException.ThrowIfNull(grant);
        return new FarmSource(
            (node, wish, sink) => AskAsync(node, Message(wish, grant.Repository, grant.Object, grant.Credential, own), own, sink),
            () => own is null ? Others(grant.Repository).Take(MostAsked).Select(Stored) : Plan(grant.Repository),
            own
        );
    }

    /// <summary>The object for another node, which has asked this one as the keeper.</summary>
    public ILfsSource AsKeeper(RepositoryName repository, LfsObject asked, ILfsSource source, string from) =>
        new FarmSource(
            (node, wish, sink) => AskAsync(node, ObjectMessage.Of(wish, repository, asked), own: null, sink),
            () => Holders(repository, from),
            source
        );

    /// <inheritdoc />
    public async ValueTask<bool> HaveAsync(RepositoryName repository, LfsObject asked, CancellationToken cancellationToken)
    {
        foreach (FarmNode node in Others(repository).Take(MostAsked))
        {
            if (await TellsAsync(node, ObjectMessage.Of(ObjectWish.Tell, repository, asked), cancellationToken))
            {
                return true;
            }
        }

        return false;
    }

    /// <inheritdoc />
    public void Offer(RepositoryName repository, LfsObject stored) => _offers.Writer.TryWrite((repository, stored));

    /// <summary>Lets the keeper take an object from this node.</summary>
    public async Task OfferAsync(RepositoryName repository, LfsObject stored, CancellationToken cancellationToken)
    {
        if (Keepers(repository) is [var keeper, ..] && keeper.Name != nodes.Self.Name)
        {
            using OpenSources.Offer offer = sources.Open(keeper.Name, new StoredSource(store, repository, stored));
            ObjectMessage message = ObjectMessage.Of(ObjectWish.Take, repository, stored) with { Call = offer.Number };
            await TellsAsync(keeper, message, cancellationToken);
        }
    }

    private IReadOnlyList<FarmNode> Keepers(RepositoryName repository) =>
        Ranking.Of(repository, nodes.Members.Where(static node => node.State == NodeState.Active));

    private IEnumerable<FarmNode> Others(RepositoryName repository) =>
        Ranking.Of(repository, nodes.Members).Where(node => node.Name != nodes.Self.Name && !client.IsSuspect(node));

    private IEnumerable<(FarmNode Node, ObjectWish Wish)> Plan(RepositoryName repository)
    {
        IReadOnlyList<FarmNode> keepers = Keepers(repository);
        // If a keeper does not answer, the next node of the ranking takes its place, so that equal requests still meet at one node.
        List<FarmNode> before = [.. keepers.TakeWhile(node => node.Name != nodes.Self.Name)];
        return before.Count == 0
            ? Holders(repository, from: null)
            : before.Where(node => !client.IsSuspect(node)).Select(static node => (node, ObjectWish.Send));
    }

    /// <summary>
    /// The nodes that may have stored an object of a repository that this node keeps: they kept the repository before, or keep it under
    /// its other spelling.
    /// </summary>
    private IEnumerable<(FarmNode Node, ObjectWish Wish)> Holders(RepositoryName repository, string? from) =>
        Others(repository)
            .Take(MostHolders)
            .Concat(Others(LfsGrants.Spelt(repository)).Take(1))
            .Where(node => node.Name != from)
            .DistinctBy(static node => node.Name, StringComparer.Ordinal)
            .Select(Stored);

    private static (FarmNode Node, ObjectWish Wish) Stored(FarmNode node) => (node, ObjectWish.SendStored);

    private static ObjectMessage Message(
        ObjectWish wish,
        RepositoryName repository,
        LfsObject asked,
        Credential credential,
        ILfsSource? own
    ) => ObjectMessage.Of(wish, repository, asked) with { Source = own?.Parts, Credential = credential.ToToken() };

    /// <summary>Asks a node for an object. True if it is whole, or refused for good.</summary>
    private async Task<bool> AskAsync(FarmNode node, ObjectMessage message, ILfsSource? own, ResumedSink sink)
    {
        using OpenSources.Offer? offer =
            message.Wish == ObjectWish.Send && message.Source is null && own is not null ? sources.Open(node.Name, own) : null;
        await using PeerResponse? response = await SendAsync(
            node,
            message with
            {
                Call = offer?.Number,
                IsOfStranger = sink.IsOfStrangers,
            },
            sink.Stopping
        );
        try
        {
            ObjectReplyMessage? head = response is null ? null : await response.Body.ReadHeadAsync<ObjectReplyMessage>(sink.Stopping);
            if (head is { HasObject: true })
            {
                await response!.Body.CopyToAsync(sink);
                meters.AskedForObject("answered");
                return true;
            }

            meters.AskedForObject(head is null ? "failed" : "none");

            if (head?.Refusal is { } refusal && message.Wish == ObjectWish.Send && !sink.HasByte)
            {
                sink.Refuse(refusal);
                return true;
            }
        }
        catch (IOException)
        {
            // The object may have broken off at its source. If the node itself is gone, the next question shows it.
            meters.AskedForObject("failed");
        }

        return false;
    }

    private async Task<bool> TellsAsync(FarmNode node, ObjectMessage message, CancellationToken cancellationToken)
    {
        await using PeerResponse? response = await SendAsync(node, message, cancellationToken);
        try
        {
            return response is not null && (await response.Body.ReadHeadAsync<ObjectReplyMessage>(cancellationToken)).HasObject;
        }
        catch (IOException)
        {
            return false;
        }
    }

    private Task<PeerResponse?> SendAsync(FarmNode node, ObjectMessage message, CancellationToken cancellationToken) =>
        client.SendAsync(node, Operation, (writer, token) => writer.WriteHeadAsync(message, token).AsTask(), s_patience, cancellationToken);
}
