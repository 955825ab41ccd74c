using Waystation.Primaries;
using Waystation.Primaries.Loops;
using Waystation.Proxy.Telemetry;

namespace Waystation.Proxy.Http.Endpoints;

/// <summary>
/// Ends a request that has passed through this node before: the primary's name or address leads back to it. Passed on once more, each
/// request would take connections until none is left.
/// </summary>
internal sealed class LoopGuard(TimeProvider time, ILogger<LoopGuard> logger)
{
    private static readonly TimeSpan s_betweenErrors = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private long? _told;

    public static bool IsLoop(HttpRequest request) => NodeMark.IsIn(request.Headers.Via);

    /// <summary>Answers 508 (RFC 5842, section 7.2); git shows its user the text.</summary>
    public Task RefuseAsync(HttpContext context, Primary primary)
    {
        if (IsDue())
        {
            logger.Loops(primary.Authority);
        }

        context.Response.StatusCode = StatusCodes.Status508LoopDetected;
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync(
            $"waystation: the address of {primary.Authority} leads back to this node; its operator must set Primaries:0:Address\n",
            context.RequestAborted
        );
    }

    private bool IsDue()
    {
        lock (_gate)
        {
            if (_told is { } told && time.GetElapsedTime(told) < s_betweenErrors)
            {
                return false;
            }

            _told = time.GetTimestamp();
            return true;
        }
    }
}
