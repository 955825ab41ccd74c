using System.Text.RegularExpressions;
using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Running;

/// <summary>The commands at a terminal, which <c>script</c> makes: tables, and bars of work that takes its time.</summary>
public sealed partial class TerminalTests : IAsyncLifetime
{
    private readonly Station _station = new();

    public async Task InitializeAsync()
    {
        await File.WriteAllTextAsync(_station.Folder["password"], "alice" + ApachePrimary.PasswordSuffix + "\n");
        await _station.StartAsync(
            new NodeSettings
            {
                Options = ["--Primaries:0:Service:Username", "alice", "--Primaries:0:Service:PasswordFile", _station.Folder["password"]],
            }
        );
    }

    public Task DisposeAsync() => _station.DisposeAsync();

    [Fact]
    public async Task WorkHasBars_ListsAreTables_AndAFailureIsTold()
    {
        PrimaryRepository repository = await _station.Primary.CreateAsync("private/shown.git", new History(Seed: 184) { Commits = 5 });
        string name = $"{_station.Primary.Url.Authority}/{repository.Name}";

        (int warmed, string bars) = await AtTerminalAsync($"warm {name} --wait");
        Assert.True(warmed == 0 && bars.Contains(repository.Name, StringComparison.Ordinal), bars);
        Assert.Contains("━", bars, StringComparison.Ordinal);
        Assert.Equal(1, (await _station.Node.MetricsAsync()).Sum("waystation_mirrors"));
        Assert.Equal(0, (await AtTerminalAsync($"sync {name} --wait")).ExitCode);
        Assert.Equal(0, (await AtTerminalAsync("vet --now --wait")).ExitCode);

        (int listed, string table) = await AtTerminalAsync("repos");
        Assert.True(listed == 0 && table.Contains('─', StringComparison.Ordinal), table);
        Assert.Matches($@"{Regex.Escape(repository.Name)}.*ok", table);

        (int failed, string why) = await AtTerminalAsync($"warm {_station.Primary.Url.Authority}/private/nowhere.git --wait");
        Assert.Equal(1, failed);
        Assert.Contains("nowhere.git: ", why, StringComparison.Ordinal);
    }

    /// <summary>A terminal may not know its size, as one that a container or a build server makes.</summary>
    [Fact]
    public async Task WithoutASize_TheEndIsStillTold()
    {
        PrimaryRepository repository = await _station.Primary.CreateAsync("private/sizeless.git", new History(Seed: 185) { Commits = 5 });
        string name = $"{_station.Primary.Url.Authority}/{repository.Name}";
        (int warmed, string shown) = await AtTerminalAsync($"warm {name} --wait", "stty rows 0 cols 0");
        Assert.True(warmed == 0 && shown.Contains(repository.Name, StringComparison.Ordinal), shown);
        (int listed, string table) = await AtTerminalAsync("repos", "stty rows 0 cols 0");
        Assert.True(listed == 0 && table.Contains(name, StringComparison.Ordinal), table);
    }

    /// <summary>The exit code, and what the terminal shows, without its control sequences.</summary>
    private async Task<(int ExitCode, string Shown)> AtTerminalAsync(string words, string size = "stty rows 50 cols 200")
    {
        CommandResult result = await new Command(
            "script",
            "-qec",
            $"{size}; {Checkout.Program} {words} --admin {_station.Node.Admin}",
            "/dev/null"
        )
        {
            Environment = new Dictionary<string, string>
            {
                ["DOTNET_ROOT"] = Checkout.DotnetRoot,
                ["TERM"] = "xterm",
                ["LC_ALL"] = "C.UTF-8",
            },
        }.RunAsync();
        return (result.ExitCode, Control().Replace(result.Output, ""));
    }

    [GeneratedRegex(@"\x1b\[[0-9;?]*[A-Za-z]|\r")]
    private static partial Regex Control();
}
