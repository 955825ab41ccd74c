using System.IO.Pipelines;
using Waystation.CacheStore.Streams;
using Waystation.FetchCore.Primaries;
using Waystation.FetchCore.Refs;
using Waystation.GitProtocol;
using Waystation.GitProtocol.Responses;
using Waystation.Primaries.Http;
using Waystation.SshFrontend.Channels;

namespace Waystation.SshFrontend.Upstreams;

/// <summary>A v0 or v1 conversation at a primary over HTTP. HTTP keeps no state, so each round repeats everything.</summary>
/// <param name="http">The primary.</param>
/// <param name="refs">Its advertisement, behind the service line.</param>
/// <param name="version">0 or 1.</param>
/// <param name="explain">Makes the end for a reply that is no Git response.</param>
internal sealed class HttpV0Upstream(HttpRepository http, RefsAnswer refs, int version, Func<PrimaryReply, SessionEnd> explain)
    : IV0Upstream,
        IDisposable
{
    public int Version => version;

    public RefsReading? Reading => null;

    public PipeReader Advertisement => refs.Body;

    public IPrimary Asking(ReadOnlyMemory<byte> request) => http.Asking(ProtocolVersion.ToText(version), request);

    public async Task<SessionEnd?> ForwardAsync(
        ReadOnlyMemory<byte> said,
        ClientChannel client,
        bool boundaryTold,
        CancellationToken cancellationToken
    )
    {
        await using PrimaryReply reply = await Asking(said).FetchAsync(cancellationToken);
        if (!reply.IsAnswer)
        {
            return explain(reply);
        }

        if (boundaryTold)
        {
            var boundary = new ResponseBody(reply.Body);
            await boundary.ReadToEndAsync(cancellationToken);
            await boundary.CompleteAsync();
        }

        await reply.Body.CopyToAsync(client.Output, cancellationToken);
        return null;
    }

    public void Dispose() => refs.Dispose();
}
