using Waystation.Farm.Peers.Messages;
using Waystation.FetchCore.Mirroring;
using Waystation.FetchCore.Pushes;
using Waystation.GitProtocol.Objects;

namespace Waystation.Farm.Peers;

/// <summary>Takes in a push that passed through another node. It is checked here like a push that passed through this node.</summary>
internal sealed class PushOperation(PushIngest ingest) : IPeerOperation
{
    public string Name => PushHandover.Operation;

    public async Task RunAsync(PeerCall call, CancellationToken cancellationToken)
    {
        PushMessage message = await call.Request.ReadHeadAsync<PushMessage>(cancellationToken);
        ObjectFormat format = ObjectFormat.Sha1;
        // The work begins before the push is complete: fetches wait for it.
        Task<bool> taking = ingest.TakeInAsync(
            message.Repository,
            async token =>
            {
                using var either = CancellationTokenSource.CreateLinkedTokenSource(token, cancellationToken);
                (format, IncomingPack? incoming) = await ReadAsync(call, either.Token);
                return incoming;
            },
            () => format
        );
        await call.Response.WriteHeadAsync(new PushReplyMessage(await call.PulseUntilAsync(taking, cancellationToken)), cancellationToken);
    }

    private static async Task<(ObjectFormat Format, IncomingPack? Incoming)> ReadAsync(PeerCall call, CancellationToken cancellationToken)
    {
        PushContentMessage content = await call.Request.ReadHeadAsync<PushContentMessage>(cancellationToken);
        if (!content.IsTaken)
        {
            return (content.Format, null);
        }

        byte[] view = await call.Request.ReadPieceAsync(cancellationToken);
        return (
            content.Format,
            new IncomingPack(
                ViewBytes.Read(view),
                [.. (content.Tips ?? []).Select(ObjectId.Parse)],
                content.Gone ?? [],
                content.HasPack ? call.Request : null
            )
        );
    }
}
