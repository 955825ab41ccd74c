using System.Text;
using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Farm;

/// <summary>
/// Somebody may read and write every key of Redis, and lacks the farm's secret. Values are copied, exchanged, prolonged and brought back
/// after their end: nobody reads through any node who may not read at the primary, and nobody gets a wrong object.
/// </summary>
public sealed class AttackerTests : IAsyncLifetime
{
    private readonly FarmStation _station = new();
    private PrimaryRepository _plans = null!;

    public async Task InitializeAsync()
    {
        await _station.StartAsync(new FarmSettings());
        await _station.TogetherAsync();
        _plans = await _station.Primary.CreateAsync("private/plans.git", new History(81));
    }

    public Task DisposeAsync() => _station.DisposeAsync();

    [Fact]
    public async Task ValuesThatChangePlaces_GrantNothing()
    {
        await UseAsync("alice");
        await UseAsync("bob");
        await TryAsync("mallory");
        IReadOnlyList<string> keys = await KeysAsync();
        Assert.NotEmpty(keys);
        foreach (string kind in keys.Select(KindOf).Distinct())
        {
            // Each value of a kind stands at each key of that kind once.
            string[] same = [.. keys.Where(key => KindOf(key) == kind)];
            for (int shift = 1; shift < Math.Min(same.Length, 6); shift++)
            {
                for (int i = 0; i < same.Length; i++)
                {
                    await _station.Redis.RunAsync("COPY", same[i], $"moved:{i}", "REPLACE");
                }

                for (int i = 0; i < same.Length; i++)
                {
                    await _station.Redis.RunAsync("COPY", $"moved:{i}", same[(i + shift) % same.Length], "REPLACE");
                }

                await AssertRefusedAsync("mallory");
                await AssertRefusedAsync(user: null);
            }
        }
    }

    [Fact]
    public async Task ValuesOfBeforeARefusal_GrantNothing()
    {
        await UseAsync("alice");
        await UseAsync("bob");
        IReadOnlyList<string> keys = await KeysAsync();
        for (int i = 0; i < keys.Count; i++)
        {
            await _station.Redis.RunAsync("COPY", keys[i], $"kept:{i}", "REPLACE");
            await _station.Redis.RunAsync("PERSIST", $"kept:{i}");
        }

        using (_station.Primary.Revoke("bob"))
        {
            // One node hears it from the primary.
            GitClient bob = _station.NewClient("refused", "bob");
            Assert.NotEqual(0, (await bob.TryAsync("ls-remote", _station.Nodes[0].UrlOf(_plans, "bob").AbsoluteUri)).ExitCode);
            await Eventually.TrueAsync("all nodes refuse bob", async () => await AreAllRefusedAsync("bob"), TimeSpan.FromSeconds(5));
            for (int i = 0; i < keys.Count; i++)
            {
                await _station.Redis.RunAsync("COPY", $"kept:{i}", keys[i], "REPLACE");
                await _station.Redis.RunAsync("PERSIST", keys[i]);
            }

            await AssertRefusedAsync("bob");
        }
    }

    [Fact]
    public async Task RubbishAtEveryKey_IsAMiss()
    {
        await UseAsync("alice");
        foreach (string key in await KeysAsync())
        {
            await _station.Redis.RunAsync("SET", key, "rubbish");
        }

        await AssertRefusedAsync("mallory");
        string tip = await _plans.CommitAsync();
        foreach ((int i, WaystationNode node) in _station.Nodes.Index())
        {
            GitClient client = _station.NewClient($"after{i}");
            await client.RunAsync("clone", "--quiet", node.UrlOf(_plans, "alice").AbsoluteUri, "clone");
            Assert.Equal(tip, await client.In("clone").ReadAsync("rev-parse", "HEAD"));
            await client.In("clone").RunAsync("fsck", "--full", "--no-progress", "--no-dangling");
        }
    }

    /// <summary>The first words of a key: all but its last part.</summary>
    private static string KindOf(string key) => key.LastIndexOf(':') is > 0 and var at ? key[..at] : key;

    private async Task<IReadOnlyList<string>> KeysAsync() =>
        (await _station.Redis.RunAsync("--scan")).Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>This user clones through each node.</summary>
    private async Task UseAsync(string user)
    {
        foreach ((int i, WaystationNode node) in _station.Nodes.Index())
        {
            GitClient client = _station.NewClient($"{user}{i}");
            await client.RunAsync("clone", "--quiet", node.UrlOf(_plans, user).AbsoluteUri, "clone");
        }
    }

    private async Task TryAsync(string user)
    {
        foreach (WaystationNode node in _station.Nodes)
        {
            await _station.NewClient("try").TryAsync("ls-remote", node.UrlOf(_plans, user).AbsoluteUri);
        }
    }

    private async Task<bool> AreAllRefusedAsync(string? user) =>
        (await Task.WhenAll(_station.Nodes.Select(node => IsRefusedAsync(node, user)))).All(static refused => refused);

    private async Task AssertRefusedAsync(string? user) => Assert.True(await AreAllRefusedAsync(user), $"{user} was let in");

    /// <summary>Asks for the pack at once, as one does who relies on a ticket.</summary>
    private async Task<bool> IsRefusedAsync(WaystationNode node, string? user)
    {
        string[] login = user is null
            ? []
            : ["Authorization: Basic " + Convert.ToBase64String(Encoding.ASCII.GetBytes(user + ":" + user + ApachePrimary.PasswordSuffix))];
        string tip = await _plans.ResolveAsync("refs/heads/main");
        foreach (string body in (string[])[UploadPack.Fetch([tip]), UploadPack.LsRefs(), UploadPack.FetchV0(tip)])
        {
            Uri url = node.UrlOf(_plans);
            RawAnswer answer = await RawConnection.AskAsync(url, UploadPack.Post(url.AbsolutePath, "git.example.com", body, login));
            if (
                answer.Status is not (401 or 403)
                || answer.Text.Contains(tip, StringComparison.Ordinal)
                || answer.Text.Contains("PACK", StringComparison.Ordinal)
            )
            {
                return false;
            }
        }

        return true;
    }
}
