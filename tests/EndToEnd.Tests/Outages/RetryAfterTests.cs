using System.Globalization;
using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Outages;

/// <summary>The primary says 429: to one credential, until a time.</summary>
public sealed class RetryAfterTests(FaultyStation station) : IClassFixture<FaultyStation>, IDisposable
{
    private readonly TempFolder _folder = new();

    [Fact]
    public async Task RetryAfter_IsObeyedAndPassedOn_ForItsCredentialAlone()
    {
        PrimaryRepository repository = await station.Primary.CreateAsync("private/limited.git", new History(Seed: 82));
        GitClient client = new(_folder);
        string alice = station.Node.UrlOf(repository, "alice").AbsoluteUri,
            bob = station.Node.UrlOf(repository, "bob").AbsoluteUri;
        await client.RunAsync("ls-remote", "--quiet", alice);
        await client.RunAsync("ls-remote", "--quiet", bob);
        string secret = Convert.ToBase64String("alice:alice-secret"u8);
        station.Relay.Set(Fault.Answers(429, "3600") with { Concerns = request => request.Authorization == "Basic " + secret });
        Assert.Contains("429", (await client.TryAsync("ls-remote", alice)).Error, StringComparison.Ordinal);

        station.Relay.Set(Fault.None);
        station.Relay.ForgetRequests();
        CommandResult held = await client.TryAsync("ls-remote", alice);
        Assert.Contains("429", held.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(station.Relay.Requests, request => request.Authorization == "Basic " + secret);
        RawAnswer answer = await RawConnection.AskAsync(
            station.Node.Url,
            UploadPack.Post(station.Node.UrlOf(repository), UploadPack.LsRefs(), "Authorization: Basic " + secret)
        );
        Assert.Equal(429, answer.Status);
        Assert.InRange(int.Parse(answer.Header("Retry-After")!, CultureInfo.InvariantCulture), 3500, 3600);
        await client.RunAsync("ls-remote", "--quiet", bob);
        Assert.False(await station.IsOutAsync());
    }

    public void Dispose() => _folder.Dispose();
}
