using System.Globalization;
using Microsoft.AspNetCore.Http;
using Waystation.Proxy.Tests.Servers;

namespace Waystation.Proxy.Tests.PassThrough;

/// <summary>429 of the primary reaches the client as the primary said it, and concerns the repository that was asked for.</summary>
public sealed class RetryAfterTests(GitFront front) : IClassFixture<GitFront>
{
    public static TheoryData<string?> Said =>
        new()
        {
            "1",
            "0",
            "100000000000",
            "-5",
            "soon",
            null,
            DateTimeOffset.UtcNow.AddHours(1).ToString("R", CultureInfo.InvariantCulture),
            DateTimeOffset.UtcNow.AddHours(-1).ToString("R", CultureInfo.InvariantCulture),
            DateTimeOffset.UtcNow.AddHours(1).ToString("ddd, d MMM yyyy HH:mm:ss", CultureInfo.InvariantCulture) + " +0000",
            DateTimeOffset.UtcNow.AddHours(-1).ToString("dddd, dd-MMM-yy HH:mm:ss", CultureInfo.InvariantCulture) + " GMT",
        };

    [Theory]
    [MemberData(nameof(Said))]
    public async Task RetryAfter_IsToldAsThePrimarySaidIt(string? said)
    {
        (string repository, _) = front.Serve();
        Limit(said);

        using HttpResponseMessage answer = await front.GetAsync(
            $"{repository}/info/refs?service=git-upload-pack",
            ("Git-Protocol", "version=2")
        );

        Assert.Equal(429, (int)answer.StatusCode);
        Assert.Equal(said, answer.Headers.NonValidated.TryGetValues("Retry-After", out var values) ? values.ToString() : null);
        Assert.Equal("Rate limited\n", await answer.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("0")]
    [InlineData("soon")]
    [InlineData(null)]
    [InlineData("Thu, 01 Jan 2015 00:00:00 GMT")]
    public async Task Repository_IsAskedAgainAtOnce_WhereThePrimaryNamesNoTimeToCome(string? said)
    {
        (string repository, GitScript script) = front.Serve();
        Limit(said);
        await front.InfoRefsAsync(repository);
        front.Primary.Answer(script.HandleAsync);

        await front.InfoRefsAsync(repository);

        Assert.Equal(1, script.InfoRefs);
    }

    [Fact]
    public async Task Limit_OfOneRepository_IsNoneOfAnother()
    {
        (string limited, _) = front.Serve();
        Limit("100");
        await front.InfoRefsAsync(limited);
        (string repository, GitScript script) = front.Serve();

        await front.InfoRefsAsync(repository);
        using HttpResponseMessage held = await front.GetAsync(
            $"{limited}/info/refs?service=git-upload-pack",
            ("Git-Protocol", "version=2")
        );

        Assert.Equal((1, 429), (script.InfoRefs, (int)held.StatusCode));
        Assert.InRange(int.Parse(held.Headers.GetValues("Retry-After").Single(), CultureInfo.InvariantCulture), 90, 100);
    }

    private void Limit(string? retryAfter) =>
        front.Primary.Answer(context =>
        {
            context.Response.StatusCode = StatusCodes.Status429TooManyRequests;
            if (retryAfter is not null)
            {
                context.Response.Headers.RetryAfter = retryAfter;
            }

            context.Response.ContentType = "text/plain";
            return context.Response.WriteAsync("Rate limited\n");
        });
}
