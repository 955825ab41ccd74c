using System.Globalization;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Caching;

/// <summary>A repository with a million refs is listed, cloned and followed like any other, in memory that is in proportion.</summary>
public sealed class ManyRefsTests : IAsyncLifetime
{
    private const int Refs = 1_000_000;
    private const long Mebibyte = 1 << 20;

    /// <summary>
    /// The listing of the ticket and the refs of the mirror take 30 to 36 bytes a ref each. While a ref moves there are the old and the new
    /// ones of both, and about as much garbage waits for the runtime to collect it: 275 MiB. The rest is for git's answers and their packs.
    /// An object for each ref would take 200 bytes and more, each time.
    /// </summary>
    private const long MaxGrowth = 320 * Mebibyte;

    private readonly Station _station = new();

    public Task InitializeAsync() => _station.InitializeAsync();

    public Task DisposeAsync() => _station.DisposeAsync();

    [Fact]
    public async Task MillionRefs_AreListedClonedAndFollowed_InLittleMemory()
    {
        PrimaryRepository repository = await _station.Primary.CreateAsync("public/many.git", new History(Seed: 95));
        await AddAsync(repository, Refs);
        WaystationNode node = _station.Node;
        string url = node.UrlOf(repository).AbsoluteUri;
        GitClient client = new(_station.Folder);
        string[] clone = ["clone", "--quiet", "--bare", "--depth", "1", "--single-branch", url];
        long idle = node.ResidentBytes;
        node.ForgetPeak();

        Assert.Equal(await ListAsync(_station.Primary.UrlOf(repository)), await ListAsync(node.UrlOf(repository)));

        await client.RunAsync([.. clone, "first"]);
        (_, IReadOnlyList<string> second) = await client.TraceAsync([.. clone, "second"]);
        Assert.Contains("waystation; hit", second);
        Assert.Equal(await repository.ResolveAsync("main"), await client.In("second").ReadAsync("rev-parse", "HEAD"));

        await client.RunAsync("clone", "--quiet", "--bare", "--single-branch", url, "third");
        await Eventually.TrueAsync("there is a mirror", async () => (await node.MetricsAsync()).Sum("waystation_mirrors") == 1);
        string made = await repository.CommitAsync();
        Assert.Equal($"{made}\trefs/heads/main", await client.ReadAsync("ls-remote", url, "refs/heads/main"));
        int packs = repository.PacksMade;
        await client.RunAsync([.. clone, "fourth"]);
        Assert.Equal(made, await client.In("fourth").ReadAsync("rev-parse", "HEAD"));
        Assert.InRange(repository.PacksMade, packs, packs + 1);
        Assert.Equal(await ListAsync(_station.Primary.UrlOf(repository)), await ListAsync(node.UrlOf(repository)));

        long grown = node.PeakResidentBytes - idle;
        Assert.True(grown < MaxGrowth, $"the node grew by {grown / Mebibyte} MiB");
    }

    /// <summary>The file that git would make of as many branches within minutes (gitrepository-layout, packed-refs). The history's own
    /// branches stay loose.</summary>
    internal static async Task AddAsync(PrimaryRepository repository, int count)
    {
        string[] commits = (await repository.GitAsync("rev-list", "main")).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        await using var file = new StreamWriter(Path.Combine(repository.Folder, "packed-refs"), append: false, Encoding.ASCII);
        await file.WriteAsync("# pack-refs with: peeled fully-peeled sorted \n");
        for (int i = 0; i < count; i++)
        {
            await file.WriteAsync(
                string.Create(CultureInfo.InvariantCulture, $"{commits[i % commits.Length]} refs/heads/job/{i / 1_000:D4}/{i:D7}\n")
            );
        }
    }

    /// <summary>The length and the digest of a listing.</summary>
    private static async Task<(long Length, string Digest)> ListAsync(Uri repository)
    {
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{repository.AbsoluteUri}/git-upload-pack")
        {
            Content = new StringContent(UploadPack.LsRefs(), new MediaTypeHeaderValue(UploadPack.RequestType)),
        };
        request.Headers.Add("Git-Protocol", "version=2");
        using HttpResponseMessage response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        response.EnsureSuccessStatusCode();
        using var sha256 = SHA256.Create();
        long length = 0;
        await using Stream body = await response.Content.ReadAsStreamAsync();
        byte[] buffer = new byte[64 * 1024];
        for (int read; (read = await body.ReadAsync(buffer)) > 0; length += read)
        {
            sha256.TransformBlock(buffer, 0, read, null, 0);
        }

        sha256.TransformFinalBlock([], 0, 0);
        Assert.True(length > Refs * 60L, $"the listing has {length} bytes");
        return (length, Convert.ToHexString(sha256.Hash!));
    }
}
