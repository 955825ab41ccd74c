using Waystation.EndToEnd.Tests.Mirrors;
using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Ssh;

/// <summary>
/// One pack is made at a time, and one waits. A further client over SSH gets a message, in every version, and the primary makes no pack
/// instead.
/// </summary>
public sealed class BusyTests : IAsyncLifetime
{
    private readonly SshStation _station = new();
    private GitGate? _gate;

    private GitGate Gate => _gate ?? throw new InvalidOperationException("not started");

    public async Task InitializeAsync()
    {
        _gate = await GitGate.MakeAsync(_station.Folder);
        await _station.StartAsync(
            [
                "--Mirrors:MaxPacks",
                "1",
                "--Mirrors:MaxPacksPerRepository",
                "1",
                "--Mirrors:MaxWaiting",
                "1",
                "--Mirrors:SyncWait",
                "00:01:00",
            ],
            environment: _gate.Environment
        );
    }

    public Task DisposeAsync() => _station.DisposeAsync();

    [Fact]
    public async Task Clone_IsToldToComeAgain_WhenTooManyWait()
    {
        PrimaryRepository repository = await _station.Web.CreateAsync("private/busy.git", new History(Seed: 63));
        using SshPerson alice = await _station.PersonAsync(_station.Alice);
        await alice.Git.RunAsync("clone", "--quiet", "--mirror", _station.AddressOf(repository), "first");
        await Eventually.TrueAsync("there is a mirror", () => _station.Node.Log.Contains("mirror made", StringComparison.Ordinal));
        int packs = repository.PacksMade;
        Gate.Shut();
        List<Task> waiting = [CloneAsync(alice, repository, 2, 2)];
        await Eventually.TrueAsync("a pack is being made", () => Gate.Came.Count > 0);
        waiting.Add(CloneAsync(alice, repository, 2, 3));
        await Eventually.TrueAsync("one waits", async () => (await _station.Node.MetricsAsync()).Sum("waystation_packs_waiting") == 1);

        foreach (int version in (int[])[0, 2])
        {
            CommandResult[] herd = await Task.WhenAll(
                Enumerable.Range(0, 3).Select(number => CloneAsync(alice, repository, version, 4, $"herd{version}{number}"))
            );
            Assert.All(
                herd,
                static result =>
                {
                    Assert.NotEqual(0, result.ExitCode);
                    Assert.Contains("too many packs are being made on this node", result.Error, StringComparison.Ordinal);
                }
            );
        }

        Assert.Equal(packs, repository.PacksMade);
        Gate.Open();
        await Task.WhenAll(waiting);
    }

    private Task<CommandResult> CloneAsync(SshPerson person, PrimaryRepository repository, int version, int depth, string? name = null) =>
        person.Git.TryAsync(
            "-c",
            $"protocol.version={version}",
            "clone",
            "--quiet",
            "--bare",
            "--depth",
            $"{depth}",
            _station.AddressOf(repository),
            name ?? $"clone{depth}"
        );
}
