using Waystation.FetchCore.Observing;
using Waystation.GitProtocol.Requests;
using Waystation.Proxy.Http.Headers;
using Waystation.Proxy.Http.Requests;
using Waystation.Proxy.Http.Streams;

namespace Waystation.Proxy.Http.Endpoints;

/// <summary>
/// <c>POST …/git-upload-pack</c>. The primary answers <c>ls-refs</c>, and its answer is read as it passes. A fetch of any version becomes
/// a <see cref="FetchRequest"/>, which knows no HTTP. A request that the node does not understand is forwarded unchanged.
/// </summary>
internal sealed class UploadPackEndpoint(
    UploadPackReader reader,
    RefsRelay refs,
    HttpFetchResponder responder,
    FetchForwarder forwarder,
    FetchObserver observer
)
{
    public async Task HandleAsync(ClientRequest request)
    {
        HttpContext context = request.Context;
        long begun = observer.Now;
        if (context.Request.ContentType != UploadPackReader.RequestType)
        {
            using ObservedFetch foreign = Begin(request, begun, command: null);
            await forwarder.ForwardAsync(request, ForwardReason.Malformed, body: null, foreign);
            return;
        }

        using FetchBody? body = await reader.ReadAsync(context);
        if (body is null)
        {
            return;
        }

        (ParsedCommand? command, ForwardReason reason) = await UploadPackReader.ParseAsync(context.Request, body);
        if (command is ParsedCommand.LsRefs lsRefs)
        {
            await refs.HandleAsync(request, lsRefs.Request, body.Raw);
            return;
        }

        using ObservedFetch observed = Begin(request, begun, command);
        await (
            command is ParsedCommand.Fetch fetch
                ? responder.RespondAsync(request, fetch, body, observed)
                : forwarder.ForwardAsync(request, reason, body, observed)
        );
    }

    private ObservedFetch Begin(ClientRequest request, long begun, ParsedCommand? command)
    {
        ObservedFetch observed = observer.Begin(
            ClientRequest.Door,
            request.Repository,
            request.Credential,
            begun,
            request.Context.RequestAborted,
            ClientHeaders.AddressOf(request.Context)
        );
        observed.Asked(request.ProtocolVersion, (command as ParsedCommand.Fetch)?.Request);
        return observed;
    }
}
