using Waystation.CacheStore.Lfs;
using Waystation.Farm.Nodes;
using Waystation.Farm.Peers;
using Waystation.Farm.Peers.Messages;
using Waystation.FetchCore.Lfs;

namespace Waystation.Farm.Lfs;

/// <summary>A source that only another node can use: the bytes come through that node, and the user's login stays there.</summary>
internal sealed class NodeSource(PeerClient client, FarmNode node, SourceMessage message) : ILfsSource
{
    /// <summary>The source may be slow; the node between shows that it is alive every second.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    /// <inheritdoc />
    public int Bytes => 256 + (2 * (message.Target?.Length ?? 0));

    /// <inheritdoc />
    public LfsSourceParts? Parts => null;

    /// <inheritdoc />
    public async Task FillAsync(ILfsSink sink)
    {
        ArgumentNullException.ThrowIfNull(sink);
        await using PeerResponse? response = await client.SendAsync(
            node,
            SourceOperation.Operation,
            (writer, token) => writer.WriteHeadAsync(message, token).AsTask(),
            s_patience,
            sink.Stopping
        );
        if (response is null)
        {
            sink.Refuse(new LfsRefusal(502, $"the node {node.Name} cannot be reached, which alone can download this object"));
            return;
        }

        ObjectReplyMessage head = await response.Body.ReadHeadAsync<ObjectReplyMessage>(sink.Stopping);
        if (head.HasObject)
        {
            await response.Body.CopyToAsync(sink);
        }
        else
        {
            sink.Refuse(head.Refusal ?? LfsRefusals.SourceIsOver);
        }
    }
}
