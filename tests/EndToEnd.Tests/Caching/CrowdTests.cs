using System.Diagnostics;
using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Caching;

/// <summary>Many clients want the same at the same time, and some of them leave.</summary>
public sealed class CrowdTests(Station station) : IClassFixture<Station>, IDisposable
{
    private const int HeldAfter = 400_000;

    private static readonly History s_media = new(Seed: 22) { IncompressibleBytes = 2 << 20 };

    private readonly TempFolder _folder = new();

    [Theory]
    [InlineData("", false)]
    [InlineData("--depth=1", false)]
    [InlineData("", true)]
    public async Task Primary_MakesOnePack_When24ClonesComeAtOnce(string option, bool speakAllVersions)
    {
        PrimaryRepository repository = await NewRepositoryAsync();
        GitClient client = new(_folder);
        string[] options = option.Length > 0 ? [option] : [];
        string url = station.Node.UrlOf(repository).AbsoluteUri;
        string[] names = [.. Enumerable.Range(1, 24).Select(number => $"clone{number}")];
        Task<CommandResult[]> clones;
        using (PackGate gate = repository.HoldPacks(HeldAfter))
        {
            clones = Task.WhenAll(
                names.Select(
                    (name, i) =>
                        client.Speaking(speakAllVersions ? i % 3 : 2).RunAsync(["clone", "--quiet", "--bare", .. options, url, name])
                )
            );
            await gate.ReachedAsync();
            foreach (string name in names)
            {
                await ReceivesAsync(name, clones);
            }
        }

        await clones;
        Assert.Equal(1, repository.PacksMade);
        CloneState first = await CloneState.OfAsync(client.In(names[0]));
        foreach (string name in names[1..])
        {
            Assert.Equal(first.Objects, await client.In(name).ReadAsync("cat-file", "--batch-all-objects", "--batch-check"));
        }
    }

    [Fact]
    public async Task Followers_Finish_WhenTheClientThatBeganIsKilled()
    {
        PrimaryRepository repository = await NewRepositoryAsync();
        GitClient client = new(_folder);
        string url = station.Node.UrlOf(repository).AbsoluteUri;
        Task<CommandResult[]> followers;
        using (PackGate gate = repository.HoldPacks(HeldAfter))
        {
            using Process starter = client.Git("clone", "--quiet", "--bare", url, "starter").Start();
            await gate.ReachedAsync();
            await ReceivesAsync("starter");
            followers = Task.WhenAll(
                client.RunAsync("clone", "--quiet", "--bare", url, "one"),
                client.RunAsync("clone", "--quiet", "--bare", url, "two")
            );
            await ReceivesAsync("one", followers);
            await ReceivesAsync("two", followers);
            starter.Kill(entireProcessTree: true);
            await starter.WaitForExitAsync();
        }

        await followers;
        Assert.Equal(1, repository.PacksMade);
        await client.RunAsync("clone", "--quiet", "--bare", url, "later");
        Assert.Equal(1, repository.PacksMade);
        Assert.Equal(await CloneState.OfAsync(client.In("one")), await CloneState.OfAsync(client.In("later")));
        Assert.Equal(await CloneState.OfAsync(client.In("two")), await CloneState.OfAsync(client.In("later")));
    }

    [Fact]
    public async Task LaterClone_IsRight_WhenTheOnlyClientIsKilledMidway()
    {
        PrimaryRepository repository = await NewRepositoryAsync();
        GitClient client = new(_folder);
        string url = station.Node.UrlOf(repository).AbsoluteUri;
        using (PackGate gate = repository.HoldPacks(HeldAfter))
        {
            using Process lonely = client.Git("clone", "--quiet", "--bare", url, "lonely").Start();
            await gate.ReachedAsync();
            await ReceivesAsync("lonely");
            lonely.Kill(entireProcessTree: true);
            await lonely.WaitForExitAsync();
        }

        await client.RunAsync("clone", "--quiet", "--bare", url, "later");
        await client.RunAsync("clone", "--quiet", "--bare", station.Primary.UrlOf(repository).AbsoluteUri, "direct");
        Assert.Equal(await CloneState.OfAsync(client.In("direct")), await CloneState.OfAsync(client.In("later")));
    }

    [Fact]
    public async Task SlowClient_DelaysNobody_WhenOthersFollowTheSameFill()
    {
        PrimaryRepository repository = await station.Primary.CreateAsync(
            $"public/{Guid.NewGuid():n}.git",
            new History(Seed: 23) { IncompressibleBytes = 24 << 20 }
        );
        byte[] request = UploadPack.Post(
            station.Node.UrlOf(repository),
            UploadPack.Fetch([await repository.ResolveAsync("refs/heads/main")])
        );

        // The first reads nothing, and more than any socket buffer holds is still to come.
        using RawConnection stalled = await RawConnection.OpenAsync(station.Node.Url);
        await stalled.SendAsync(request);
        await Eventually.TrueAsync("the primary makes the pack", () => repository.PacksMade == 1);

        RawAnswer quick = await RawConnection.AskAsync(station.Node.Url, request);
        Assert.Equal(200, quick.Status);
        Assert.EndsWith("0000", quick.Text, StringComparison.Ordinal);
        Assert.True(quick.Body.Length > 24 << 20);
        Assert.Equal(1, repository.PacksMade);
    }

    public void Dispose() => _folder.Dispose();

    /// <summary>A clone receives when its index-pack has begun to write.</summary>
    private Task ReceivesAsync(string clone, Task? unlessEnded = null) =>
        Eventually.TrueAsync(
            $"{clone} receives the first bytes of the held pack",
            async () =>
            {
                if (unlessEnded is { IsFaulted: true })
                {
                    await unlessEnded;
                }

                string packs = Path.Combine(_folder[clone], "objects", "pack");
                return Directory.Exists(packs) && Directory.EnumerateFiles(packs, "tmp_pack_*").Any(file => new FileInfo(file).Length > 0);
            }
        );

    private Task<PrimaryRepository> NewRepositoryAsync() => station.Primary.CreateAsync($"public/{Guid.NewGuid():n}.git", s_media);
}
