using System.Globalization;
using System.Text;
using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Mirrors;

/// <summary>
/// A commit-graph has 34 bits for the date of a commit, so that one beyond the year 2514 seems to be of 1970. A clone that is shallow by
/// date ends at the same commit as at the primary.
/// </summary>
public sealed class FarDatesTests : IAsyncLifetime
{
    private const long TooFar = 1L << 34;

    /// <summary>Of the year 2033, after the commits of the history and before those that come on top of it.</summary>
    private const long Since = 2_000_000_000;

    private readonly Station _station = new();

    /// <summary>The first steps of the vet look for mirrors that want upkeep: here they follow each other at once.</summary>
    public Task InitializeAsync() => _station.StartAsync(new NodeSettings { Options = ["--Vet:Every", "00:00:02"] });

    public Task DisposeAsync() => _station.DisposeAsync();

    [Fact]
    public async Task CloneByDate_EndsWhereThePrimarysEnds()
    {
        PrimaryRepository repository = await _station.Primary.CreateAsync(
            $"public/{Guid.NewGuid():n}.git",
            new History(Seed: 306) { Commits = 5 }
        );
        string script =
            string.Concat(
                Enumerable
                    .Range(1, 3)
                    .Select(static at =>
                        string.Create(
                            CultureInfo.InvariantCulture,
                            $"commit refs/heads/main\ncommitter Sana <sana@example.com> {TooFar + at} +0000\ndata 3\nFar\n"
                                + $"{(at == 1 ? "from refs/heads/main^0\n" : "")}M 100644 inline far\ndata 1\n{at}\n"
                        )
                    )
            ) + "done\n";
        await repository.ImportAsync(stream => stream.WriteAsync(Encoding.ASCII.GetBytes(script)).AsTask());
        // The primary's own commit-graph would have the same fault.
        await repository.GitAsync("config", "core.commitGraph", "false");
        string main = await repository.ResolveAsync("refs/heads/main");
        await new GitClient(_station.Folder).RunAsync("clone", "--quiet", _station.Node.UrlOf(repository).AbsoluteUri, "warm");
        string mirrors = Path.Combine(_station.Node.DataFolder, "mirrors");
        await Eventually.TrueAsync(
            "the mirror has a commit-graph",
            () => Directory.Exists(mirrors) && Directory.GetFiles(mirrors, "commit-graph", SearchOption.AllDirectories).Length == 1,
            TimeSpan.FromSeconds(60)
        );
        foreach (int version in (int[])[0, 2])
        {
            var wish = new FetchWish
            {
                Version = version,
                Wants = [main],
                Since = Since,
            };
            FetchGift through = await wish.SendAsync(_station.Node.Url, repository),
                direct = await wish.SendAsync(_station.Primary.Url, repository);
            Assert.True(direct.HasPack);
            Assert.True(through.IsServedHere, through.CacheStatus);
            Assert.NotEmpty(direct.Boundary);
            Assert.Equal(direct.Boundary, through.Boundary);
        }
    }
}
