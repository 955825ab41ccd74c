using Waystation.Farm.Nodes;
using Waystation.Farm.Peers.Frames;

namespace Waystation.Farm.Peers;

/// <summary>The response of another node.</summary>
internal sealed class PeerResponse(HttpResponseMessage response, SealedReader body, PeerClient client, FarmNode from) : IAsyncDisposable
{
    /// <summary>What the node says.</summary>
    public SealedReader Body => body;

    /// <summary>The node that says it.</summary>
    public FarmNode From => from;

    /// <summary>The node broke off, or sent what it should not.</summary>
    public void Suspect(string operation, string reason) => client.Suspect(from, operation, reason);

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await body.DisposeAsync();
        response.Dispose();
    }
}
