using Microsoft.AspNetCore.Http;
using Waystation.Proxy.Tests.Servers;

namespace Waystation.Proxy.Tests.Primaries;

/// <summary>The primary's name may lead elsewhere tomorrow: connections are used for a bounded time.</summary>
public sealed class ReconnectTests(ReconnectingFront front) : IClassFixture<ReconnectingFront>
{
    [Fact]
    public async Task Connection_IsNotUsedAgain_WhenItsTimeIsOver_AndWhatIsUnderWayGoesOn()
    {
        front.Primary.Answer(async context =>
        {
            await context.Response.WriteAsync("the beginning, ");
            await context.Response.Body.FlushAsync();
            await Task.Delay(context.Request.Query.ContainsKey("slowly") ? ReconnectingFront.Every * 1.2 : TimeSpan.Zero);
            await context.Response.WriteAsync("the end");
        });

        Assert.Equal("the beginning, the end", await front.Client.GetStringAsync(front.At("/page")));
        Assert.Equal("the beginning, the end", await front.Client.GetStringAsync(front.At("/page?slowly")));
        Assert.Equal("the beginning, the end", await front.Client.GetStringAsync(front.At("/page")));

        string[] connections =
        [
            .. front
                .Primary.Requests.Where(static request => request.Target.StartsWith("/page", StringComparison.Ordinal))
                .Select(static request => request.Connection),
        ];
        Assert.Equal(connections[0], connections[1]);
        Assert.NotEqual(connections[1], connections[2]);
    }
}

public sealed class ReconnectingFront() : Front("--Primaries:0:ReconnectEvery", Every.ToString("c"))
{
    public static readonly TimeSpan Every = TimeSpan.FromSeconds(1);
}
