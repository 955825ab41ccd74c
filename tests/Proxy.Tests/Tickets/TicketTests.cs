using Waystation.Proxy.Tests.Servers;

namespace Waystation.Proxy.Tests.Tickets;

/// <summary>The capability advertisement from a live ticket: for which clients, and until when.</summary>
public sealed class TicketTests(GitFront front) : IClassFixture<GitFront>
{
    private const string Hit = "waystation; hit; detail=ticket";

    [Fact]
    public async Task Advertisement_IsAnsweredFromTheTicket_WhenAskedAgain()
    {
        (string repository, GitScript script) = front.Serve();

        string first = await front.InfoRefsAsync(repository);
        string second = await front.InfoRefsAsync(repository);

        Assert.Equal(("waystation; fwd=bypass; detail=not-a-fetch", Hit, 1), (first, second, script.InfoRefs));
    }

    [Theory]
    [InlineData("User-Agent", "git/9.9")]
    [InlineData("Accept-Language", "de")]
    [InlineData("X-Forwarded-For", "10.0.0.1")]
    public async Task Advertisement_IsAnsweredFromTheTicket_WhenOnlyWhatDoesNotIdentifyDiffers(string name, string value)
    {
        (string repository, GitScript script) = front.Serve();
        await front.InfoRefsAsync(repository);

        Assert.Equal(Hit, await front.InfoRefsAsync(repository, "", (name, value)));
        Assert.Equal(1, script.InfoRefs);
    }

    [Theory]
    [InlineData("Authorization", "Basic YTpi")]
    [InlineData("Cookie", "session=1")]
    [InlineData("PRIVATE-TOKEN", "glpat")]
    [InlineData("X-Invented-Tomorrow", "1")]
    public async Task Advertisement_IsAskedOfThePrimary_WhenAnotherCredentialAsks(string name, string value)
    {
        (string repository, GitScript script) = front.Serve();
        await front.InfoRefsAsync(repository);

        Assert.NotEqual(Hit, await front.InfoRefsAsync(repository, "", (name, value)));
        Assert.Equal(2, script.InfoRefs);
    }

    [Fact]
    public async Task Advertisement_IsAskedOfThePrimary_WhenAQueryParameterDiffers()
    {
        (string repository, GitScript script) = front.Serve();
        await front.InfoRefsAsync(repository, "&private_token=a");

        Assert.NotEqual(Hit, await front.InfoRefsAsync(repository, "&private_token=b"));
        Assert.Equal(2, script.InfoRefs);
    }

    [Theory]
    [InlineData(401, "GET", "/info/refs?service=git-receive-pack")]
    [InlineData(403, "POST", "/git-receive-pack")]
    [InlineData(404, "POST", "/git-upload-pack")]
    [InlineData(403, "POST", "/git-upload-pack")]
    public async Task Ticket_Ends_WhenAnyOfTheRepositorysUrlsIsRefused(int status, string method, string suffix)
    {
        (string repository, GitScript script) = front.Serve();
        await front.InfoRefsAsync(repository);
        script.Status = status;
        using (
            HttpResponseMessage refused = await front.SendAsync(
                new HttpMethod(method),
                repository + suffix,
                method == "POST" ? new StringContent("0000") : null
            )
        )
        {
            Assert.Equal(status, (int)refused.StatusCode);
        }

        script.Status = 200;
        Assert.NotEqual(Hit, await front.InfoRefsAsync(repository));
    }

    [Fact]
    public async Task Ticket_OfOneRepository_IsNoneForAnother()
    {
        (string repository, _) = front.Serve();
        await front.InfoRefsAsync(repository);

        Assert.NotEqual(Hit, await front.InfoRefsAsync("/other" + repository));
    }

    [Fact]
    public async Task CodedAdvertisement_IsPassedOn_AndNotRead()
    {
        (string repository, GitScript script) = front.Serve(script => script.Coding = "gzip");

        await front.InfoRefsAsync(repository);

        Assert.Equal("identity", front.Primary.Request.Header("Accept-Encoding"));
        Assert.NotEqual(Hit, await front.InfoRefsAsync(repository));
        Assert.Equal(2, script.InfoRefs);
    }
}

public sealed class NoTicketFront() : GitFront("--Access:TicketLifetime", "00:00:00");

/// <summary>Without a lifetime nothing is taken on an earlier word.</summary>
public sealed class NoTicketTests(NoTicketFront front) : IClassFixture<NoTicketFront>
{
    [Fact]
    public async Task Advertisement_IsAskedOfThePrimary_EachTime()
    {
        (string repository, GitScript script) = front.Serve();
        await front.InfoRefsAsync(repository);
        await front.InfoRefsAsync(repository);

        Assert.Equal(2, script.InfoRefs);
    }

    [Fact]
    public async Task Fetch_AsksForTheRefs_EachTime()
    {
        (string repository, GitScript script) = front.Serve();
        await front.FetchToEndAsync(repository);
        (string status, _) = await front.FetchToEndAsync(repository);

        Assert.Equal(("waystation; hit", 2, 1), (status, script.LsRefs, script.Fetches));
    }
}
