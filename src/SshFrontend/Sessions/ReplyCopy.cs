using System.IO.Pipelines;
using Waystation.CacheStore.Streams;
using Waystation.GitProtocol.Responses;
using Waystation.SshFrontend.Channels;

namespace Waystation.SshFrontend.Sessions;

/// <summary>Passes a response of the primary on to the client as it comes.</summary>
internal static class ReplyCopy
{
    /// <summary>Copies the whole body.</summary>
    /// <param name="body">The body.</param>
    /// <param name="client">The client.</param>
    /// <param name="cancellationToken">The client's.</param>
    /// <returns>Whether it came to its flush-pkt: an answer that did not must not leave the client waiting for the rest.</returns>
    public static async Task<bool> CopyAsync(PipeReader body, ClientChannel client, CancellationToken cancellationToken)
    {
        var end = new ResponseEndDetector();
        await body.CopyToAsync(client.Output, end.Read, cancellationToken);
        return end.EndedWithFlush;
    }
}
