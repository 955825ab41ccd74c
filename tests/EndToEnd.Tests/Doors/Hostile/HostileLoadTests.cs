using System.Diagnostics;
using System.Globalization;
using System.Net;
using Waystation.EndToEnd.Tests.Ssh;
using Waystation.TestKit.Servers;
using Xunit.Abstractions;

namespace Waystation.EndToEnd.Tests.Doors.Hostile;

/// <summary>
/// Hostile clients of every kind at all doors, while one honest client clones. Every clone succeeds, memory is bounded, and in the end the
/// node holds no more than before. <c>tests/EndToEnd.Tests/hostile</c> runs this for ten minutes and prints the figures; here no time is
/// asserted.
/// </summary>
public sealed class HostileLoadTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const string SecondsVariable = "WAYSTATION_TEST_HOSTILE_SECONDS";
    private const string SeedVariable = "WAYSTATION_TEST_HOSTILE_SEED";
    private const long MaxResident = 700L << 20;

    private static readonly TimeSpan s_duration = TimeSpan.FromSeconds(Number(SecondsVariable) ?? 10);

    private readonly SshStation _station = new();
    private readonly TempFolder _folder = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await _station.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task HonestClient_IsServed_AndNothingLeaks_WhateverOthersDo()
    {
        int seed = Number(SeedVariable) ?? Environment.TickCount;
        output.WriteLine($"seed {seed} ({SeedVariable}), {s_duration.TotalSeconds} s");
        Target target = await PrepareAsync(seed);
        WaystationNode node = _station.Node;
        var honest = new GitClient(_folder);
        await CloneAsync(honest, target);
        List<double> quiet = await MeasureAsync(honest, target, s_duration / 8);
        Footprint before = Footprint.Of(node);
        node.ForgetPeak();

        using var over = new CancellationTokenSource(s_duration);
        IReadOnlyList<Attack> attacks = Attack.All;
        Task attacking = Task.WhenAll(attacks.Select((attack, number) => attack.RunAsync(target, number, seed, over.Token)));
        List<double> attacked = await MeasureAsync(honest, target, s_duration);
        Footprint under = Footprint.Of(node);
        await attacking;

        long peak = node.PeakResidentBytes;
        Footprint after = under;
        await Eventually.TrueAsync(
            $"the node gives back what it held: before {before}, under attack {under}",
            () => (after = Footprint.Of(node)).IsBackTo(before, target.Many.Count),
            TimeSpan.FromSeconds(60)
        );
        // Before and after: the machine may have become busier meanwhile.
        quiet.AddRange(await MeasureAsync(honest, target, s_duration / 8));
        NodeMetrics metrics = await node.MetricsAsync();
        output.WriteLine(string.Join("; ", attacks.Select(static attack => $"{attack.Name}: {attack.Tries}")));
        output.WriteLine($"ended: {Said(metrics, "waystation_client_connections_ended_total")}");
        output.WriteLine($"refused: {Said(metrics, "waystation_client_requests_refused_total")}");
        output.WriteLine($"before:       {before}");
        output.WriteLine($"under attack: {under}; peak {peak >> 20} MiB");
        output.WriteLine($"after:        {after}");
        output.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"honest clones: {quiet.Count} quiet, median {Median(quiet):0.0} ms; {attacked.Count} under attack, median "
                    + $"{Median(attacked):0.0} ms, longest {attacked.Max():0.0} ms; {Median(attacked) / Median(quiet):0.00} x"
            )
        );
        Assert.InRange(peak, 0, MaxResident);
        Assert.All(attacks, static attack => Assert.NotEqual(0, attack.Tries));
        string? unhandled = node.Log.Split('\n').FirstOrDefault(static line => line.Contains("Unhandled", StringComparison.Ordinal));
        Assert.True(unhandled is null, unhandled);
    }

    private static string Said(NodeMetrics metrics, string name) =>
        string.Join(", ", metrics.By(name, "reason").Select(static one => $"{one.Key} {one.Value}"));

    private static int? Number(string variable) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out int number) ? number : null;

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

    private async Task<Target> PrepareAsync(int seed)
    {
        TlsFiles tls = await TlsFiles.CreateAsync(_folder);
        await _station.StartAsync([
            "--listen",
            "https://127.0.0.1:0",
            "--Tls:Certificate",
            tls.Certificate,
            "--Tls:Key",
            tls.Key,
            "--Clients:HeadTimeout",
            "00:00:05",
            "--Clients:StallTimeout",
            "00:00:05",
            "--Clients:MaxConnectionsPerAddress",
            "100",
            "--Clients:MaxRequestsPerAddress",
            "1200",
            "--Ssh:MaxLoginsPerAddress",
            "20",
        ]);
        PrimaryRepository wanted = await _station.Web.CreateAsync(
            "public/wanted.git",
            new History(seed) { Commits = 20, IncompressibleBytes = 2 << 20 }
        );
        List<PrimaryRepository> many = [];
        for (int i = 0; i < 5; i++)
        {
            many.Add(await _station.Web.CreateAsync($"public/many{i}.git", new History(seed + i + 1) { Commits = 10 }));
        }

        return new Target(
            _station.Node.Urls[0],
            _station.Node.Urls[1],
            IPEndPoint.Parse(_station.Node.Ssh),
            wanted,
            await wanted.ResolveAsync("refs/heads/main"),
            many
        );
    }

    /// <summary>Clones again and again, and returns the milliseconds of each clone.</summary>
    private async Task<List<double>> MeasureAsync(GitClient git, Target target, TimeSpan duration)
    {
        List<double> all = [];
        var passed = Stopwatch.StartNew();
        while (passed.Elapsed < duration || all.Count < 3)
        {
            var one = Stopwatch.StartNew();
            await CloneAsync(git, target);
            all.Add(one.Elapsed.TotalMilliseconds);
            // A person is not a load: the machine is there for the others.
            await Task.Delay(100);
        }

        return all;
    }

    private async Task CloneAsync(GitClient git, Target target)
    {
        string clone = Path.Combine(_folder.FullPath, "clone");
        await git.RunAsync("clone", "--quiet", "--bare", target.Plain.To(target.Wanted).AbsoluteUri, clone);
        Assert.Equal(target.Tip, await git.In("clone").ReadAsync("rev-parse", "main"));
        Directory.Delete(clone, recursive: true);
    }
}
