using System.Text.Json;
using Waystation.EndToEnd.Tests.Ssh;
using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Running;

/// <summary><c>waystation explain</c> foretells a clone by a login, as it then goes through both doors.</summary>
public sealed class ExplainTests(SshStation station) : IClassFixture<SshStation>, IDisposable
{
    private readonly TempFolder _folder = new();

    [Fact]
    public async Task Explain_ForetellsEachRung_AndRemoveBeginsAnew()
    {
        PrimaryRepository repository = await station.Web.CreateAsync("private/explained.git", new History(Seed: 171) { Commits = 12 });
        string url = station.Node.UrlOf(repository, "alice").AbsoluteUri;
        GitClient git = new(_folder);

        Assert.Equal(("forward", "no-mirror"), await ForetellAsync(repository, "alice"));
        await git.RunAsync("clone", "--quiet", url, "one");
        await Eventually.TrueAsync("there is a mirror", async () => (await station.Node.MetricsAsync()).Sum("waystation_mirrors") >= 1);
        Assert.Equal(("hit", null), await ForetellAsync(repository, "alice"));
        Assert.Equal(("local", null), await ForetellAsync(repository, "bob", "--depth", "1"));
        await git.RunAsync("clone", "--quiet", "--depth", "1", url, "shallow");
        Assert.Equal(("hit", null), await ForetellAsync(repository, "bob", "--depth", "1"));
        await repository.CommitAsync();
        (string? Outcome, string? Why) moved = await ForetellAsync(repository, "alice");
        Assert.Equal(("local", null), moved);

        // Whoever may not read it hears nothing of what the node has.
        JsonElement mallory = await ExplainAsync(repository, "mallory");
        Assert.Equal(
            ("bypass", "not-accepted", false),
            (Text(mallory, "outcome"), Text(mallory, "reason"), mallory.GetProperty("accepted").GetBoolean())
        );
        Assert.DoesNotContain("mirror", mallory.GetProperty("why").GetRawText(), StringComparison.Ordinal);
        Assert.DoesNotContain("cache", mallory.GetProperty("why").GetRawText(), StringComparison.Ordinal);

        using SshPerson alice = await station.PersonAsync(station.Alice);
        await alice.Git.RunAsync("clone", "--quiet", station.AddressOf(repository), "over-ssh");
        Assert.Equal(("hit", null), await ForetellAsync(repository, "alice"));

        CommandResult removed = await RunAsync("remove", repository.Name);
        Assert.Equal((0, ""), (removed.ExitCode, removed.Error));
        Assert.Matches($"{repository.Name}: mirror of .*, [2-9] cached packs of .*, [3-9] records of fetches removed", removed.Output);
        Assert.Equal(("forward", "no-mirror"), await ForetellAsync(repository, "alice"));
        Assert.DoesNotContain(repository.Name, (await RunAsync("repos")).Output, StringComparison.Ordinal);
        Assert.DoesNotContain(repository.Name, (await RunAsync("fetches", "--last", "1000")).Output, StringComparison.Ordinal);
        int packs = repository.PacksMade;
        await alice.Git.RunAsync("clone", "--quiet", station.AddressOf(repository), "after");
        Assert.Equal(packs + 1, repository.PacksMade);
        Assert.DoesNotContain(ApachePrimary.PasswordSuffix, station.Node.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Explain_AsksGitForTheLogin_AsAClone()
    {
        PrimaryRepository repository = await station.Web.CreateAsync("private/asked.git", new History(Seed: 172));
        string home = _folder["home"];
        Directory.CreateDirectory(home);
        await File.WriteAllTextAsync(
            Path.Combine(home, ".gitconfig"),
            $"[credential]\n\thelper = \"!f() {{ echo username=alice; echo password=alice{ApachePrimary.PasswordSuffix}; }}; f\"\n"
        );
        CommandResult asked = await Program("explain", repository.Name).With("HOME", home).RunAsync();
        Assert.Equal((0, ""), (asked.ExitCode, asked.Error));
        Assert.Contains($"{repository.Name}: a full clone by alice would be: forward (no-mirror)", asked.Output, StringComparison.Ordinal);

        CommandResult anonymous = await Program("explain", repository.Name, "--anonymous").With("HOME", home).RunAsync();
        Assert.Contains("without a login would be: bypass (not-accepted)", anonymous.Output, StringComparison.Ordinal);
        Assert.Contains("it demands a login (401)", anonymous.Output, StringComparison.Ordinal);

        CommandResult wrong = await RunAsync("explain", repository.Name, "--user", "alice");
        Assert.Equal(2, wrong.ExitCode);
    }

    public void Dispose() => _folder.Dispose();

    private static string? Text(JsonElement element, string name) => element.GetProperty(name).GetString();

    private async Task<(string? Outcome, string? Why)> ForetellAsync(PrimaryRepository repository, string user, params string[] shape)
    {
        JsonElement answer = await ExplainAsync(repository, user, shape);
        return (Text(answer, "outcome"), Text(answer, "reason") ?? Text(answer, "miss"));
    }

    private async Task<JsonElement> ExplainAsync(PrimaryRepository repository, string user, params string[] shape)
    {
        string password = _folder[user];
        await File.WriteAllTextAsync(password, user + ApachePrimary.PasswordSuffix + "\n");
        CommandResult result = await RunAsync([
            "explain",
            repository.Name,
            "--user",
            user,
            "--password-file",
            password,
            "--json",
            .. shape,
        ]);
        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        return JsonDocument.Parse(result.Output).RootElement;
    }

    private Task<CommandResult> RunAsync(params string[] words) => Program(words).Command.RunAsync();

    private Runnable Program(params string[] words) =>
        new(
            new Command(Checkout.Program, [.. words, "--admin", station.Node.Admin.AbsoluteUri])
            {
                Environment = new Dictionary<string, string> { ["DOTNET_ROOT"] = Checkout.DotnetRoot },
            }
        );

    private sealed record Runnable(Command Command)
    {
        public Runnable With(string name, string value) =>
            new(Command with { Environment = new Dictionary<string, string>(Command.Environment) { [name] = value } });

        public Task<CommandResult> RunAsync() => Command.RunAsync();
    }
}
