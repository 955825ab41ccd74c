using System.Text.Json;
using Microsoft.AspNetCore.Http.Features;
using Waystation.Proxy.Options;
using Waystation.Proxy.Telemetry;
using Waystation.Proxy.Work;

namespace Waystation.Proxy.Hooks;

/// <summary>
/// <c>POST /.waystation/hooks/FORGE</c>: a webhook of a forge. It enqueues a vet of the mirror, and has no other effect, however often it
/// is sent: the node asks the primary and does not believe the webhook.
/// </summary>
internal sealed class HookEndpoint(
    HookOptions options,
    WorkRequests work,
    HookBodies bodies,
    DoorMeters meters,
    HookTimes times,
    ILogger<HookEndpoint> logger
)
{
    /// <summary>The paths below this one belong to the node.</summary>
    public const string Prefix = "/.waystation";

    /// <summary>The result of a webhook that was taken.</summary>
    public const string Taken = "taken";

    /// <summary>The result of a webhook whose signature is wrong.</summary>
    public const string Refused = "refused";

    private const string HooksPrefix = "/.waystation/hooks/";

    /// <summary>For a forge whose webhook found no room; most forges send it again, by themselves or by hand.</summary>
    private const string RetryAfterSeconds = "10";

    public async Task HandleAsync(HttpContext context)
    {
        string path = context.Request.Path;
        Forge? forge = path.StartsWith(HooksPrefix, StringComparison.Ordinal)
            ? Forge.All.FirstOrDefault(one => one.Name == path[HooksPrefix.Length..])
            : null;
        if (options.SecretFile is not { } secretFile || forge is null)
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        if (!HttpMethods.IsPost(context.Request.Method))
        {
            context.Response.StatusCode = StatusCodes.Status405MethodNotAllowed;
            context.Response.Headers.Allow = HttpMethods.Post;
            return;
        }

        (int status, string result) = await TakeAsync(context, forge, secretFile);
        meters.HookSeen(forge.Name, result);
        times.Seen(forge.Name, result);
        context.Response.StatusCode = status;
        if (status == StatusCodes.Status429TooManyRequests)
        {
            context.Response.Headers.RetryAfter = RetryAfterSeconds;
        }

        // If the body was not read to its end, the server does not wait for the rest.
        if (result is "too-large" or "too-slow" or "no-room" && HttpProtocol.IsHttp11(context.Request.Protocol))
        {
            context.Response.Headers.Connection = "close";
        }
    }

    private async Task<(int Status, string Result)> TakeAsync(HttpContext context, Forge forge, string secretFile)
    {
        string[] secrets;
        try
        {
            // Read at each use, and each line is a secret, because an operator may exchange the secret while the node runs.
            secrets = (await File.ReadAllTextAsync(secretFile, context.RequestAborted)).Split(
                '\n',
                StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries
            );
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            logger.HookSecretUnreadable(secretFile, e.Message);
            return (StatusCodes.Status503ServiceUnavailable, "failed");
        }

        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            // A body that is too long gets its status here, before it is read.
            size.MaxRequestBodySize = null;
        }

        if (context.Request.ContentLength > HookBodies.MaxBody)
        {
            return (StatusCodes.Status413PayloadTooLarge, "too-large");
        }

        if (!forge.MaySign(context.Request.Headers, secrets))
        {
            return (StatusCodes.Status403Forbidden, Refused);
        }

        (HookBody state, (int, string) result) = await bodies.UseAsync(
            context.Request.BodyReader,
            body => Take(context, forge, secrets, body),
            context.RequestAborted
        );
        return state switch
        {
            HookBody.TooLong => (StatusCodes.Status413PayloadTooLarge, "too-large"),
            HookBody.TooSlow => (StatusCodes.Status408RequestTimeout, "too-slow"),
            HookBody.NoRoom => (StatusCodes.Status429TooManyRequests, "no-room"),
            _ => result,
        };
    }

    private (int Status, string Result) Take(HttpContext context, Forge forge, string[] secrets, ReadOnlyMemory<byte> body)
    {
        if (!forge.IsSigned(context.Request.Headers, body.Span, secrets))
        {
            return (StatusCodes.Status403Forbidden, Refused);
        }

        try
        {
            if (HookPayload.RepositoryOf(forge, body) is { } name)
            {
                // A webhook to the primary's own name is about that primary; a webhook to another name of the node may be about any.
                work.Changed(context.Request.Host.Host, name);
            }

            return (StatusCodes.Status202Accepted, Taken);
        }
        catch (JsonException)
        {
            return (StatusCodes.Status400BadRequest, "malformed");
        }
    }
}
