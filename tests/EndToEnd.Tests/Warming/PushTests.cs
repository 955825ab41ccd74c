using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Warming;

/// <summary>A push through the node is in its mirror, and no client fetches it from the primary.</summary>
public sealed class PushTests(Station station) : IClassFixture<Station>, IDisposable
{
    private const string Local = "waystation; hit; detail=local";

    private static readonly History s_widgets = new(Seed: 61) { Commits = 30 };

    private readonly TempFolder _folder = new();

    [Theory]
    [InlineData("sha1")]
    [InlineData("sha256")]
    public async Task Fetch_BringsThePush_AndThePrimaryMakesNoPack(string objectFormat)
    {
        PushedRepository pushed = await PushedRepository.MakeAsync(station, _folder, s_widgets, objectFormat);
        GitClient client = new(_folder);
        await client.RunAsync("clone", "--quiet", pushed.Url, "bob");
        await pushed.CommitAsync();
        Assert.Equal("taken", await pushed.PushAsync("main"));
        (_, IReadOnlyList<string> served) = await client.In("bob").TraceAsync("fetch", "--quiet");
        Assert.Contains(Local, served);
        Assert.Equal(await pushed.Alice.ReadAsync("rev-parse", "HEAD"), await client.In("bob").ReadAsync("rev-parse", "origin/main"));
        Assert.Equal(1, pushed.Repository.PacksMade);
        await pushed.CompareAsync("carol");
        Assert.Equal(2, pushed.Repository.PacksMade);
    }

    [Fact]
    public async Task NewBranchesAndTags_RewindsAndDeletions_AllComeAbout()
    {
        PushedRepository pushed = await PushedRepository.MakeAsync(station, _folder, s_widgets);
        await pushed.Repository.GitAsync("config", "receive.denyNonFastForwards", "false");
        await pushed.CommitAsync();
        await pushed.Alice.RunAsync("tag", "--annotate", "--message", "Nine", "v9");
        Assert.Equal(
            "taken",
            await pushed.PushAsync("main", "v9", "HEAD~3:refs/heads/elsewhere", ":refs/heads/topic/1", ":refs/tags/v1.1")
        );
        await pushed.CompareAsync("one", "--mirror");
        await pushed.Alice.RunAsync("reset", "--quiet", "--hard", "HEAD~4");
        await pushed.CommitAsync("other.txt");
        Assert.Equal("taken", await pushed.PushAsync("--force", "main"));
        await pushed.CompareAsync("two", "--mirror");
        Assert.Equal("taken", await pushed.PushAsync("--delete", "elsewhere"));
        await pushed.CompareAsync("three", "--mirror");

        // One for the first clone, and those of the clones that went direct.
        Assert.Equal(4, pushed.Repository.PacksMade);
    }

    [Fact]
    public async Task FirstPush_MakesAMirror()
    {
        PrimaryRepository repository = await station.Primary.CreateAsync($"private/{Guid.NewGuid():n}.git");
        GitClient client = new(_folder);
        await client.RunAsync("clone", "--quiet", station.Node.UrlOf(repository, "alice").AbsoluteUri, "alice");
        await client.In("alice").RunAsync("commit", "--quiet", "--allow-empty", "--message", "First");
        await client.In("alice").RunAsync("tag", "start");
        await client.In("alice").RunAsync("push", "--quiet", "origin", "HEAD:refs/heads/main", "start");
        (_, IReadOnlyList<string> served) = await client.TraceAsync(
            "clone",
            "--quiet",
            station.Node.UrlOf(repository, "bob").AbsoluteUri,
            "bob"
        );
        Assert.Contains(Local, served);
        Assert.Equal(await client.In("alice").ReadAsync("rev-parse", "start"), await client.In("bob").ReadAsync("rev-parse", "HEAD"));
        Assert.Equal(0, repository.PacksMade);
    }

    [Fact]
    public async Task FetchRightAfterThePush_WaitsForIt()
    {
        PushedRepository pushed = await PushedRepository.MakeAsync(station, _folder, s_widgets);
        GitClient client = new(_folder);
        await client.RunAsync("clone", "--quiet", pushed.Url, "bob");
        for (int round = 0; round < 5; round++)
        {
            await pushed.CommitAsync();
            await pushed.Alice.RunAsync("push", "--quiet", "origin", "main");
            await client.In("bob").RunAsync("fetch", "--quiet");
            Assert.Equal(await pushed.Alice.ReadAsync("rev-parse", "HEAD"), await client.In("bob").ReadAsync("rev-parse", "origin/main"));
        }

        Assert.Equal(1, pushed.Repository.PacksMade);
    }

    [Fact]
    public async Task RefusedPushes_LeaveNothing()
    {
        PushedRepository pushed = await PushedRepository.MakeAsync(station, _folder, s_widgets);
        pushed.Repository.WriteHook("update", "#!/bin/sh\n[ \"$1\" != refs/heads/main ]\n");
        await pushed.CommitAsync();
        Assert.NotEqual(0, (await pushed.Alice.TryAsync("push", "--quiet", "origin", "main")).ExitCode);
        await Eventually.TrueAsync("the push was seen", () => pushed.Seen.Count == 1);

        // Half refused: the pack has objects that the primary did not accept.
        Assert.NotEqual(0, (await pushed.Alice.TryAsync("push", "--quiet", "origin", "main", "HEAD~1:refs/heads/fine")).ExitCode);
        await Eventually.TrueAsync("the push was seen", () => pushed.Seen.Count == 2);
        Assert.Equal(["refused", "refused"], pushed.Seen);
        string secret = await pushed.Alice.ReadAsync("rev-parse", "HEAD");
        foreach (string mirror in Directory.GetDirectories(Path.Combine(station.Node.DataFolder, "mirrors")))
        {
            Assert.NotEqual(0, (await pushed.Alice.TryAsync("--git-dir", Path.Combine(mirror, "git"), "cat-file", "-e", secret)).ExitCode);
        }

        await pushed.CompareAsync("bob", "--mirror");

        // The primary refuses a user with the right to read only, before any report.
        Assert.NotEqual(0, (await pushed.Alice.TryAsync("push", "--quiet", pushed.Url, "HEAD:refs/heads/mine")).ExitCode);
        await NothingIsLeftAsync();
    }

    [Fact]
    public async Task CodedPush_IsReadAsWell()
    {
        PushedRepository pushed = await PushedRepository.MakeAsync(station, _folder, s_widgets);
        string old = await pushed.Alice.ReadAsync("rev-parse", "HEAD");
        await pushed.CommitAsync();
        string tip = await pushed.Alice.ReadAsync("rev-parse", "HEAD");
        await (
            pushed.Alice.Git("pack-objects", "--revs", "--quiet", "made") with
            {
                Input = stream => stream.WriteAsync(Encoding.ASCII.GetBytes($"{tip}\n^{old}\n")).AsTask(),
            }
        ).MustRunAsync();
        byte[] packed = await File.ReadAllBytesAsync(Directory.GetFiles(pushed.Alice.Folder, "made-*.pack").Single());
        string command = $"{old} {tip} refs/heads/main\0report-status";
        using var body = new MemoryStream();
        await using (var gzip = new GZipStream(body, CompressionLevel.Fastest, leaveOpen: true))
        {
            await gzip.WriteAsync(Encoding.ASCII.GetBytes(UploadPack.Line(command) + "0000"));
            await gzip.WriteAsync(packed);
        }

        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{station.Node.UrlOf(pushed.Repository).AbsoluteUri}/git-receive-pack")
        {
            Content = new ByteArrayContent(body.ToArray()),
        };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/x-git-receive-pack-request");
        request.Content.Headers.ContentEncoding.Add("gzip");
        request.Headers.Authorization = new AuthenticationHeaderValue(
            "Basic",
            Convert.ToBase64String(Encoding.ASCII.GetBytes("alice:alice-secret"))
        );
        using HttpResponseMessage response = await http.SendAsync(request);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.StartsWith("000eunpack ok\n", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        await Eventually.TrueAsync("the push was seen", () => pushed.Seen.Count == 1);
        Assert.Equal(["taken"], pushed.Seen);
        await pushed.CompareAsync("bob");
    }

    [Fact]
    public async Task PushesAndFetchesAtOnce_EndAsThePrimaryDoes()
    {
        PushedRepository pushed = await PushedRepository.MakeAsync(station, _folder, s_widgets);
        GitClient client = new(_folder);
        string alice = station.Node.UrlOf(pushed.Repository, "alice").AbsoluteUri;
        await Task.WhenAll(
            Enumerable
                .Range(1, 4)
                .Select(async number =>
                {
                    await client.RunAsync("clone", "--quiet", alice, $"worker{number}");
                    GitClient worker = client.In($"worker{number}");
                    for (int round = 1; round <= 4; round++)
                    {
                        await worker.RunAsync("commit", "--quiet", "--allow-empty", "--message", $"{number}.{round}");
                        await worker.RunAsync("push", "--quiet", "--force", "origin", $"HEAD:refs/heads/worker{number}");
                        await client.RunAsync(
                            "clone",
                            "--quiet",
                            "--branch",
                            $"worker{number}",
                            "--single-branch",
                            pushed.Url,
                            $"clone{number}.{round}"
                        );
                        Assert.Equal(
                            await worker.ReadAsync("rev-parse", "HEAD"),
                            await client.In($"clone{number}.{round}").ReadAsync("rev-parse", "HEAD")
                        );
                    }
                })
        );
        await pushed.CompareAsync("end", "--mirror");
        await NothingIsLeftAsync();
    }

    public void Dispose() => _folder.Dispose();

    private Task NothingIsLeftAsync() =>
        Eventually.TrueAsync(
            "no copy of a push is left",
            () => Directory.GetFileSystemEntries(Path.Combine(station.Node.DataFolder, "tmp"), "*.push").Length == 0
        );
}
