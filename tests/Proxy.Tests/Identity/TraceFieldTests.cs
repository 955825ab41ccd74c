using System.Globalization;
using Waystation.Proxy.Tests.Servers;
using Waystation.TestKit.Servers;

namespace Waystation.Proxy.Tests.Identity;

public sealed class IgnoringFront() : GitFront("--Access:IgnoredHeaders", "X-House-Number;X-Other-Number");

/// <summary>A field that numbers requests does not make each request a new login.</summary>
public sealed class TraceFieldTests(IgnoringFront front) : IClassFixture<IgnoringFront>
{
    private const string Hit = "waystation; hit; detail=ticket";

    [Theory]
    [InlineData("X-Amzn-Trace-Id")]
    [InlineData("X-Cloud-Trace-Context")]
    [InlineData("X-Azure-Ref")]
    [InlineData("cf-ray")]
    [InlineData("X-Request-ID")]
    [InlineData("x-b3-spanid")]
    [InlineData("b3")]
    [InlineData("traceparent")]
    [InlineData("uber-trace-id")]
    [InlineData("uberctx-anything")]
    [InlineData("x-datadog-parent-id")]
    [InlineData("X-Unique-ID")]
    [InlineData("x-house-number")]
    [InlineData("X-Other-Number")]
    public async Task Ticket_IsFound_WhenOnlyTheNumberOfTheRequestDiffers(string name)
    {
        (string repository, GitScript script) = front.Serve();

        await front.InfoRefsAsync(repository, "", (name, "1"));
        string second = await front.InfoRefsAsync(repository, "", (name, "2"));

        Assert.Equal((Hit, 1), (second, script.InfoRefs));
    }

    [Theory]
    [InlineData("X-Forwarded-Client-Certificate-Of-Tomorrow")]
    [InlineData("X-Amzn-Oidc-Identity")]
    [InlineData("X-Amzn-Mtls-Clientcert-Subject")]
    [InlineData("X-SSL-Client-DN")]
    [InlineData("CF-Connecting-IP")]
    [InlineData("X-Real-IP")]
    public async Task Ticket_IsNotFound_WhenWhatDiffersSaysWhoAsks(string name)
    {
        // Fields of the X-Forwarded- kind are dropped: the primary cannot decide by them.
        bool isDropped = name.StartsWith("X-Forwarded-", StringComparison.Ordinal);
        (string repository, GitScript script) = front.Serve();

        await front.InfoRefsAsync(repository, "", (name, "1"));
        await front.InfoRefsAsync(repository, "", (name, "2"));

        Assert.Equal(isDropped ? 1 : 2, script.InfoRefs);
    }

    [Fact]
    public async Task FieldThatChangesWithEveryRequest_IsNamedInTheLog_Once()
    {
        (string repository, _) = front.Serve();
        for (int i = 0; i < 40; i++)
        {
            await front.InfoRefsAsync(repository, "", ("X-Unheard-Of", i.ToString(CultureInfo.InvariantCulture)), ("X-Site", "one"));
        }

        await Eventually.TrueAsync("the log names the field", () => front.Node.Log.Contains("X-Unheard-Of", StringComparison.Ordinal));
        string[] told = [.. front.Node.Log.Split('\n').Where(line => line.Contains("Access:IgnoredHeaders", StringComparison.Ordinal))];
        Assert.Contains("127.0.0.1 sends another X-Unheard-Of with every request", Assert.Single(told), StringComparison.Ordinal);
    }

    [Fact]
    public async Task LoginsOfManyPeople_AreNotTakenForNumbers()
    {
        (string repository, _) = front.Serve();
        for (int i = 0; i < 40; i++)
        {
            await front.InfoRefsAsync(
                repository,
                "",
                ("Authorization", $"Bearer {i}"),
                ("Cookie", $"session={i}"),
                ("PRIVATE-TOKEN", $"{i / 2}")
            );
        }

        Assert.DoesNotContain(
            front.Node.Log.Split('\n'),
            line =>
                line.Contains("Access:IgnoredHeaders", StringComparison.Ordinal) && !line.Contains("X-Unheard-Of", StringComparison.Ordinal)
        );
    }
}
