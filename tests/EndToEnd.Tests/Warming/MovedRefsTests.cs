using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Warming;

/// <summary>A listing that shows moved refs brings the mirror up to date behind it, once for each change.</summary>
public sealed class MovedRefsTests(Station station) : IClassFixture<Station>, IDisposable
{
    private static readonly History s_widgets = new(Seed: 81) { Commits = 30 };

    private readonly TempFolder _folder = new();

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public async Task Look_BringsWhatHasMoved_Once(int version)
    {
        PushedRepository pushed = await PushedRepository.MakeAsync(station, _folder, s_widgets);
        GitClient client = new GitClient(_folder).Speaking(version);
        await pushed.Repository.CommitAsync();
        await pushed.Repository.GitAsync("tag", "v10", "main~1");
        await client.RunAsync("ls-remote", "--quiet", pushed.Url);
        await Eventually.TrueAsync("the mirror has it", () => pushed.Repository.PacksMade == 2 && Synced(pushed) == 1);
        for (int look = 0; look < 10; look++)
        {
            await client.RunAsync("ls-remote", "--quiet", pushed.Url);
        }

        // The news is here before anybody fetches it.
        await pushed.Alice.RunAsync("fetch", "--quiet", "--tags");
        Assert.Equal(await pushed.Repository.ResolveAsync("main"), await pushed.Alice.ReadAsync("rev-parse", "origin/main"));
        Assert.Equal(2, pushed.Repository.PacksMade);
        Assert.Equal(1, Synced(pushed));
    }

    [Fact]
    public async Task LookThatIsRefusedItsObjects_IsNotRepeated()
    {
        PushedRepository pushed = await PushedRepository.MakeAsync(station, _folder, s_widgets);
        GitClient client = new(_folder);
        await pushed.Repository.CommitAsync();
        using (pushed.Repository.BreakPacks(PackBreak.Fail, afterBytes: 0))
        {
            for (int look = 0; look < 10; look++)
            {
                await client.RunAsync("ls-remote", "--quiet", pushed.Url);
            }

            await Eventually.TrueAsync("a sync was tried", () => pushed.Repository.PacksMade == 2);
        }

        await client.RunAsync("ls-remote", "--quiet", pushed.Url);
        Assert.Equal(2, pushed.Repository.PacksMade);
        await pushed.CompareAsync("bob");
    }

    public void Dispose() => _folder.Dispose();

    private int Synced(PushedRepository pushed) =>
        station.Node.Log.Split('\n').Count(line => line.Contains($"/{pushed.Repository.Name}: synced ", StringComparison.Ordinal));
}
