using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Waystation.EndToEnd.Tests.Mirrors;
using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Warming;

/// <summary>A good push may have objects that none of its refs leads to. At the primary no client gets them, and so here.</summary>
public sealed class StrayObjectsTests(Station station) : IClassFixture<Station>, IDisposable
{
    private static readonly History s_widgets = new(Seed: 67) { Commits = 10 };
    private static readonly HttpClient s_http = new();

    private readonly TempFolder _folder = new();

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public async Task StrayOfAPush_IsThePrimarysToGive(int version)
    {
        PushedRepository pushed = await PushedRepository.MakeAsync(station, _folder, s_widgets);
        string old = await pushed.Alice.ReadAsync("rev-parse", "HEAD");
        string[] strays = await StrayAsync(pushed.Alice, on: old);
        await pushed.CommitAsync();
        string tip = await pushed.Alice.ReadAsync("rev-parse", "HEAD");
        await PushAsync(pushed.Repository, pushed.Alice, old, tip, $"{tip}\n{strays[0]}\n^{old}\n");
        await Eventually.TrueAsync("the push was taken", () => pushed.Seen.Count == 1);
        Assert.Equal(["taken"], pushed.Seen);
        FetchGift good = await new FetchWish
        {
            Version = version,
            Wants = [tip],
            Haves = [old],
        }.SendAsync(station.Node.Url, pushed.Repository, "bob");
        Assert.True(good.IsServedHere, good.CacheStatus);
        await NobodyGetsAsync(pushed.Repository, version, strays);
    }

    [Fact]
    public async Task StrayOfAFirstPush_IsThePrimarysToGive()
    {
        PrimaryRepository repository = await station.Primary.CreateAsync($"private/{Guid.NewGuid():n}.git");
        GitClient client = new(_folder);
        await client.RunAsync("clone", "--quiet", station.Node.UrlOf(repository, "alice").AbsoluteUri, "first");
        GitClient alice = client.In("first");
        await alice.RunAsync("commit", "--quiet", "--allow-empty", "--message", "First");
        string tip = await alice.ReadAsync("rev-parse", "HEAD");
        string[] strays = await StrayAsync(alice, on: tip);
        await PushAsync(repository, alice, new string('0', 40), tip, $"{tip}\n{strays[0]}\n");
        FetchGift good = await new FetchWish { Wants = [tip] }.SendAsync(station.Node.Url, repository, "bob");
        Assert.True(good.IsServedHere, good.CacheStatus);
        await NobodyGetsAsync(repository, 0, strays);
        await NobodyGetsAsync(repository, 2, strays);
    }

    public void Dispose() => _folder.Dispose();

    private async Task NobodyGetsAsync(PrimaryRepository repository, int version, string[] strays)
    {
        foreach (string id in strays)
        {
            foreach (string user in (string[])["alice", "bob"])
            {
                var wish = new FetchWish { Version = version, Wants = [id] };
                FetchGift through = await wish.SendAsync(station.Node.Url, repository, user);
                Assert.Equal("waystation; fwd=bypass; detail=not-visible", through.CacheStatus);
                through.MustSayWhat(await wish.SendAsync(station.Primary.Url, repository, user));
            }
        }
    }

    /// <summary>A commit with a file of its own that no ref leads to: commit, tree and blob.</summary>
    private static async Task<string[]> StrayAsync(GitClient git, string on)
    {
        await File.WriteAllTextAsync(Path.Combine(git.Folder, "secret.txt"), "the secret " + Guid.NewGuid());
        await git.RunAsync("checkout", "--quiet", "--detach", on);
        await git.RunAsync("add", "secret.txt");
        await git.RunAsync("commit", "--quiet", "--message", "Stray");
        string[] ids =
        [
            await git.ReadAsync("rev-parse", "HEAD"),
            await git.ReadAsync("rev-parse", "HEAD^{tree}"),
            await git.ReadAsync("rev-parse", "HEAD:secret.txt"),
        ];
        await git.RunAsync("checkout", "--quiet", "-");
        return ids;
    }

    private async Task PushAsync(PrimaryRepository repository, GitClient git, string old, string tip, string revisions)
    {
        await (
            git.Git("pack-objects", "--revs", "--quiet", "made") with
            {
                Input = stream => stream.WriteAsync(Encoding.ASCII.GetBytes(revisions)).AsTask(),
            }
        ).MustRunAsync();
        byte[] pack = await File.ReadAllBytesAsync(Directory.GetFiles(git.Folder, "made-*.pack").Single());
        byte[] command = Encoding.ASCII.GetBytes(UploadPack.Line($"{old} {tip} refs/heads/main\0report-status") + "0000");
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{station.Node.UrlOf(repository).AbsoluteUri}/git-receive-pack")
        {
            Content = new ByteArrayContent([.. command, .. pack]),
        };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/x-git-receive-pack-request");
        request.Headers.Authorization = new AuthenticationHeaderValue(
            "Basic",
            Convert.ToBase64String(Encoding.ASCII.GetBytes("alice:alice-secret"))
        );
        using HttpResponseMessage response = await s_http.SendAsync(request);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.StartsWith("000eunpack ok\n", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }
}
