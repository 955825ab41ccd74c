using System.Text;
using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Farm;

/// <summary>The requests of one conversation, made by hand, each at another node.</summary>
public sealed class ConversationTests(FarmStation station) : IClassFixture<FarmStation>
{
    private const string Bob = "Authorization: Basic Ym9iOmJvYi1zZWNyZXQ=";

    public static TheoryData<int, int, int> Orders =>
        new()
        {
            { 0, 1, 2 },
            { 0, 2, 1 },
            { 1, 0, 2 },
            { 1, 2, 0 },
            { 2, 0, 1 },
            { 2, 1, 0 },
        };

    /// <summary>The ticket that ls-refs made at one node counts at the node of the fetch.</summary>
    [Theory]
    [MemberData(nameof(Orders))]
    public Task V2_EachRequestAtAnotherNode_AsksThePrimaryAsOneNodeDoes(int first, int second, int third) =>
        Unhurried.AssertAsync(number => AskV2Async(number, first, second, third));

    private async Task<(string Expected, string Actual)> AskV2Async(int number, int first, int second, int third)
    {
        PrimaryRepository repository = await WarmAsync($"private/v2-{first}{second}{third}-{number}.git");
        string tip = await repository.ResolveAsync("refs/heads/main");
        RawAnswer capabilities = await GetAsync(first, repository, "Git-Protocol: version=2");
        Assert.Contains("version 2", capabilities.Text, StringComparison.Ordinal);
        RawAnswer refs = await PostAsync(second, repository, UploadPack.LsRefs());
        Assert.Contains(tip, refs.Text, StringComparison.Ordinal);
        int asked = AskedOf(repository);
        RawAnswer pack = await PostAsync(third, repository, UploadPack.Fetch([tip]));
        Assert.Equal(200, pack.Status);
        Assert.Contains("PACK", pack.Text, StringComparison.Ordinal);
        Assert.EndsWith("0000", pack.Text, StringComparison.Ordinal);
        return ($"{asked}", $"{AskedOf(repository)}");
    }

    [Theory]
    [MemberData(nameof(Orders))]
    public Task V0_EachRequestAtAnotherNode_AsksThePrimaryAsOneNodeDoes(int first, int second, int third) =>
        Unhurried.AssertAsync(number => AskV0Async(number, first, second, third));

    private async Task<(string Expected, string Actual)> AskV0Async(int number, int first, int second, int third)
    {
        PrimaryRepository repository = await WarmAsync($"private/v0-{first}{second}{third}-{number}.git");
        string tip = await repository.ResolveAsync("refs/heads/main");
        RawAnswer refs = await GetAsync(first, repository);
        Assert.Contains(tip, refs.Text, StringComparison.Ordinal);
        int asked = AskedOf(repository);
        foreach (int node in (int[])[second, third])
        {
            RawAnswer pack = await PostAsync(node, repository, UploadPack.FetchV0(tip));
            Assert.Equal(200, pack.Status);
            Assert.Contains("PACK", pack.Text, StringComparison.Ordinal);
        }

        return ($"{asked}", $"{AskedOf(repository)}");
    }

    /// <summary>A repository that the farm keeps, cloned by alice.</summary>
    private async Task<PrimaryRepository> WarmAsync(string name)
    {
        await station.TogetherAsync();
        PrimaryRepository repository = await station.Primary.CreateAsync(name, new History(61));
        await station
            .NewClient(Path.GetFileNameWithoutExtension(name))
            .RunAsync("clone", "--quiet", station.UrlOf(repository, "alice").AbsoluteUri, "clone");
        await FarmTraffic.SettleAsync(station.Primary, station.Nodes);
        return repository;
    }

    private int AskedOf(PrimaryRepository repository) =>
        station.Primary.Requests.Count(request => request.Path.StartsWith($"/{repository.Name}/", StringComparison.Ordinal));

    private Task<RawAnswer> GetAsync(int node, PrimaryRepository repository, params string[] headers)
    {
        Uri url = station.Nodes[node].UrlOf(repository);
        string head = string.Join("\r\n", ["Host: git.example.com", Bob, .. headers, "Connection: close"]);
        return RawConnection.AskAsync(
            url,
            Encoding.ASCII.GetBytes($"GET {url.AbsolutePath}/info/refs?service=git-upload-pack HTTP/1.1\r\n{head}\r\n\r\n")
        );
    }

    private Task<RawAnswer> PostAsync(int node, PrimaryRepository repository, string body)
    {
        Uri url = station.Nodes[node].UrlOf(repository);
        return RawConnection.AskAsync(url, UploadPack.Post(url.AbsolutePath, "git.example.com", body, Bob));
    }
}
