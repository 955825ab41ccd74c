using Waystation.Proxy.Telemetry;

namespace Waystation.Proxy.Admin;

/// <summary>Answers a request of the admin address that failed. The log has the reason; the answer has no text of an exception.</summary>
internal sealed class AdminFailures(ILogger<AdminFailures> logger)
{
    public RequestDelegate Before(RequestDelegate next) =>
        async context =>
        {
            try
            {
                await next(context);
            }
            catch (BadHttpRequestException e) when (!context.Response.HasStarted)
            {
                await Refusals.TellAsync(context, e.StatusCode, "The request cannot be read.");
            }
            catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
            {
                // Nobody waits for the answer.
            }
            catch (Exception e) when (!context.Response.HasStarted)
            {
                logger.AdminFailed(context.Request.Method, context.Request.Path, e);
                await Refusals.TellAsync(context, StatusCodes.Status500InternalServerError, "The node failed to answer. Its log says why.");
            }
        };
}
