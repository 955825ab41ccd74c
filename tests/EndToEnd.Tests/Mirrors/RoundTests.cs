using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Mirrors;

/// <summary>Rounds of negotiation that a mirror answers, as the primary would.</summary>
public sealed class RoundTests(Station station) : IClassFixture<Station>, IDisposable
{
    private readonly TempFolder _folder = new();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Round_TellsTheNewBoundary_WhereItsVersionDoes(int version)
    {
        VeiledRepository veiled = await VeiledRepository.OpenAsync(station, "veiled", seed: 304);
        await veiled.WarmAsync(new GitClient(_folder));
        string had = await veiled.Repository.ResolveAsync("main~9");
        // The client's haves are common, but far from its wants at this depth: no server is ready.
        string other = await veiled.Repository.ResolveAsync("topic/1");
        FetchWish wish = new()
        {
            Version = version,
            Wants = [veiled.Main, other],
            Haves = [had],
            Shallows = [had],
            Depth = 1,
            Done = false,
        };
        FetchGift direct = await veiled.AskDirectAsync("alice", wish),
            through = await veiled.AskAsync("alice", wish);
        Assert.Equal(direct.HasPack, through.HasPack);
        Assert.Equal(direct.Boundary, through.Boundary);
        Assert.Equal(direct.Acknowledgments, through.Acknowledgments);
    }

    public void Dispose() => _folder.Dispose();
}
