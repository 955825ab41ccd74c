using Waystation.TestKit.Servers;
using Waystation.TestKit.Servers.Lfs;

namespace Waystation.EndToEnd.Tests.Lfs;

/// <summary>Objects that are on the node before a client asks.</summary>
public sealed class PrefetchTests : IAsyncLifetime
{
    private readonly LfsStation _station = new();
    private readonly TempFolder _folder = new();

    public async Task InitializeAsync()
    {
        await File.WriteAllTextAsync(_folder["service-password"], "alice-secret\n");
        await _station.StartAsync(
            settings: new NodeSettings
            {
                Options =
                [
                    "--Vet:Every",
                    "00:00:02",
                    "--Primaries:0:Service:Username",
                    "alice",
                    "--Primaries:0:Service:PasswordFile",
                    _folder["service-password"],
                    "--Lfs:Prefetch:Include",
                    "*.bin",
                    "--Lfs:Prefetch:Exclude",
                    "2.bin",
                    "--Lfs:Prefetch:MaxObjectSize",
                    "1MiB",
                ],
            }
        );
    }

    public async Task DisposeAsync()
    {
        await _station.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task ObjectsOfNewTips_AreHereBeforeAnybodyAsks()
    {
        LfsContent[] contents =
        [
            LfsContent.FromSeed(1, 300_000),
            LfsContent.FromSeed(2, 10_000),
            LfsContent.FromSeed(3, 10_000),
            LfsContent.FromSeed(4, (1 << 20) + 1),
        ];
        PrimaryRepository repository = await _station.CreateAsync(contents);

        // A clone without LFS makes the mirror.
        await new GitClient(_folder).RunAsync("clone", "--quiet", "--bare", _station.Node.UrlOf(repository, "bob").AbsoluteUri, "bare");
        await PrefetchedAsync(2);
        Assert.All(contents, content => Assert.Equal(content == contents[0] || content == contents[1] ? 1 : 0, Downloads(content)));

        // The clone takes the others from the primary, and these from the node.
        await _station.CloneAsync(repository, contents);
        Assert.All(contents, content => Assert.Equal(1, Downloads(content)));

        LfsContent later = LfsContent.FromSeed(5, 20_000);
        _station.Primary.Objects.Add(repository, later);
        await repository.CommitPointersAsync(new Dictionary<string, LfsContent>(StringComparer.Ordinal) { ["later.bin"] = later });
        await PrefetchedAsync(3);
        Assert.Equal(1, Downloads(later));
        Assert.False(_station.Primary.Requests.StorageSawAuthorization);
    }

    private int Downloads(LfsContent content) => _station.Primary.Requests.Downloads(content.Oid);

    private Task PrefetchedAsync(int count) =>
        Eventually.TrueAsync(
            $"{count} objects were fetched ahead",
            async () => (await _station.Node.MetricsAsync()).Sum("waystation_lfs_prefetched_total") == count,
            TimeSpan.FromMinutes(1)
        );
}
