using Waystation.FetchCore.Observing;
using Yarp.ReverseProxy.Forwarder;

namespace Waystation.Proxy.Http.Forwarding;

/// <summary>The end of a fetch that was forwarded, in the words of its record.</summary>
internal static class ForwardedFetch
{
    /// <summary>The fetch has ended.</summary>
    /// <param name="observed">The fetch.</param>
    /// <param name="error">The result of the forwarder.</param>
    /// <param name="isRefused">Whether the primary refused or failed.</param>
    /// <param name="context">The client's request.</param>
    public static void Ended(this ObservedFetch observed, ForwarderError error, bool isRefused, HttpContext context)
    {
        if (error == ForwarderError.None)
        {
            observed.Ended(isRefused ? FetchEnd.Refused : FetchEnd.Whole);
            return;
        }

        observed.Ended(
            EndOf(error, context.RequestAborted),
            context.Features.Get<IForwarderErrorFeature>()?.Exception?.Message ?? error.ToString()
        );
    }

    private static FetchEnd EndOf(ForwarderError error, CancellationToken aborted) =>
        aborted.IsCancellationRequested || error == ForwarderError.ResponseBodyClient ? FetchEnd.ClientGone
        : error is ForwarderError.ResponseBodyDestination or ForwarderError.ResponseBodyCanceled ? FetchEnd.Broken
        : FetchEnd.Unreachable;
}
