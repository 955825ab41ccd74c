using System.Diagnostics;
using Waystation.Proxy.Dashboard.Pages;
using Waystation.Proxy.Dashboard.Sessions;

namespace Waystation.Proxy.Dashboard;

/// <summary>
/// Live updates of a page by server-sent events: the content of the page, rendered again, whenever it differs from what the browser has.
/// The script of the page puts it in the place of the old one.
/// <code>
///   event: page   the content        event: login   the session has ended        : here   a sign of life
/// </code>
/// </summary>
internal sealed class LiveUpdates(DashboardDoor door, PageRenderer renderer, IHostApplicationLifetime lifetime)
{
    /// <summary>Streams at once. Further pages are asked to be loaded again by hand.</summary>
    private const int MostStreams = 64;

    /// <summary>A page that is costly to render is rendered more seldom: for this many times the time that it takes.</summary>
    private const int Rest = 20;

    private static readonly TimeSpan s_between = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_signOfLife = TimeSpan.FromSeconds(15);

    private int _streams;

    /// <summary>Streams a page until the browser leaves or the node stops.</summary>
    public async Task StreamAsync(HttpContext context, DashboardPage page)
    {
        PagePolicy.Set(context.Response);
        if (door.ViewerOf(context) is not { } viewer)
        {
            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
            return;
        }

        if (Interlocked.Increment(ref _streams) > MostStreams)
        {
            Interlocked.Decrement(ref _streams);
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            return;
        }

        using var ends = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
        try
        {
            context.Response.ContentType = "text/event-stream";
            await SendAsync(context, page, viewer, ends.Token);
        }
        catch (OperationCanceledException)
        {
            // The browser has left, or the node stops.
        }
        finally
        {
            Interlocked.Decrement(ref _streams);
        }
    }

    private async Task SendAsync(HttpContext context, DashboardPage page, Viewer first, CancellationToken cancellationToken)
    {
        PageQuery query = PageQuery.Of(context.Request.Query);
        string sent = "";
        long sentAt = 0;
        await WriteAsync("retry: 2000\n\n");
        while (door.Now(context, first) is { } viewer)
        {
            long begun = Stopwatch.GetTimestamp();
            string body = await renderer.RenderAsync(page, viewer, query);
            TimeSpan cost = Stopwatch.GetElapsedTime(begun);
            if (body != sent)
            {
                await WriteAsync($"id: {Words.Seconds(viewer.Now)}\nevent: page\ndata: {body.ReplaceLineEndings("\ndata: ")}\n\n");
                (sent, sentAt) = (body, Stopwatch.GetTimestamp());
            }
            else if (Stopwatch.GetElapsedTime(sentAt) > s_signOfLife)
            {
                await WriteAsync(": here\n\n");
                sentAt = Stopwatch.GetTimestamp();
            }

            await Task.Delay(cost * Rest > s_between ? cost * Rest : s_between, cancellationToken);
        }

        await WriteAsync("event: login\ndata: the session has ended\n\n");

        async Task WriteAsync(string text)
        {
            await context.Response.WriteAsync(text, cancellationToken);
            await context.Response.Body.FlushAsync(cancellationToken);
        }
    }
}
