using Waystation.Proxy.Tests.Servers;

namespace Waystation.Proxy.Tests.Tickets;

/// <summary>A shown object may have been retracted since the question: a ticket is as old as the question.</summary>
public sealed class SlowAnswerTests(ShortTicketFront front) : IClassFixture<ShortTicketFront>
{
    private static readonly TimeSpan s_lifetime = TimeSpan.FromMilliseconds(200);

    [Fact]
    public async Task Ticket_IsOver_WhenTheAnswerTookAsLongAsItLives()
    {
        (string repository, GitScript script) = front.Serve();
        front.Primary.Answer(async context =>
        {
            await Task.Delay(s_lifetime);
            await script.HandleAsync(context);
        });
        await front.InfoRefsAsync(repository);

        Assert.Equal("waystation; fwd=bypass; detail=not-a-fetch", await front.InfoRefsAsync(repository));
        Assert.Equal(2, script.InfoRefs);
    }
}

public sealed class ShortTicketFront() : GitFront("--Access:TicketLifetime", "00:00:00.200");
