using System.Diagnostics;
using System.Text.Json;
using Waystation.EndToEnd.Tests.Ssh;
using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Running;

/// <summary><c>waystation tail</c> shows each fetch of either door as it ends, and why it was served so.</summary>
public sealed class TailTests(SshStation station) : IClassFixture<SshStation>
{
    [Fact]
    public async Task Tail_ShowsTheFetchesOfBothDoors_AsTheyBeginAndEnd()
    {
        PrimaryRepository repository = await station.Web.CreateAsync("public/tail.git", new History(Seed: 161));
        PrimaryRepository other = await station.Web.CreateAsync("public/other.git", new History(Seed: 162));
        using var folder = new TempFolder();
        using SshPerson alice = await station.PersonAsync(station.Alice);
        GitClient git = new(folder);
        await git.RunAsync("clone", "--quiet", station.Node.UrlOf(repository).AbsoluteUri, "before");

        // The clone that ended before shows that the command has begun to follow.
        using Process tail = Tail("--repository", repository.Name, "--begun", "--last", "1", "--json");
        JsonElement before = await NextAsync(tail);
        Assert.Equal(("forward", "no-mirror"), (Text(before.GetProperty("ended"), "outcome"), Text(before.GetProperty("ended"), "miss")));

        await git.RunAsync("clone", "--quiet", station.Node.UrlOf(other).AbsoluteUri, "other");
        await git.RunAsync("clone", "--quiet", station.Node.UrlOf(repository).AbsoluteUri, "over-http");
        await AssertClonedAsync(tail, "http");
        await alice.Git.RunAsync("clone", "--quiet", station.AddressOf(repository), "over-ssh");
        await AssertClonedAsync(tail, "ssh");

        tail.Kill();
        await tail.WaitForExitAsync();
        await Eventually.TrueAsync("nothing is under way", async () => await LiveAsync() == "[]");
    }

    [Fact]
    public async Task Tail_ShowsOneOutcome_AndEndsAfterSoManyLines()
    {
        PrimaryRepository repository = await station.Web.CreateAsync("public/outcome.git", new History(Seed: 163));
        using var folder = new TempFolder();
        GitClient git = new(folder);
        await git.RunAsync("clone", "--quiet", station.Node.UrlOf(repository).AbsoluteUri, "one");
        await git.RunAsync("clone", "--quiet", station.Node.UrlOf(repository).AbsoluteUri, "two");

        CommandResult hits = await Program("--repository", repository.Name, "--outcome", "hit", "--count", "1").RunAsync();
        Assert.Equal((0, ""), (hits.ExitCode, hits.Error));
        Assert.Contains(
            $"  hit      {station.Web.Url.Authority}/{repository.Name}  http",
            Assert.Single(hits.OutputLines),
            StringComparison.Ordinal
        );

        CommandResult wrong = await Program("--outcome", "luck").RunAsync();
        Assert.Equal(2, wrong.ExitCode);
    }

    private static async Task AssertClonedAsync(Process tail, string door)
    {
        JsonElement begun = await NextAsync(tail);
        JsonElement ended = await NextAsync(tail);
        Assert.Equal(begun.GetProperty("id").GetInt64(), ended.GetProperty("id").GetInt64());
        Assert.Equal((door, "hit"), (Text(begun.GetProperty("begun"), "door"), Text(ended.GetProperty("ended"), "outcome")));
    }

    private static async Task<JsonElement> NextAsync(Process tail)
    {
        string? line = await tail.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(30));
        return JsonDocument.Parse(line ?? throw new InvalidOperationException(await tail.StandardError.ReadToEndAsync())).RootElement;
    }

    private static string? Text(JsonElement element, string name) => element.GetProperty(name).GetString();

    private async Task<string> LiveAsync()
    {
        using var http = new HttpClient();
        return await http.GetStringAsync(new Uri(station.Node.Admin, "/api/v1/live"));
    }

    private Process Tail(params string[] options) => Program(options).Start();

    private Command Program(params string[] options) =>
        new(Checkout.Program, ["tail", "--admin", station.Node.Admin.AbsoluteUri, .. options])
        {
            Environment = new Dictionary<string, string> { ["DOTNET_ROOT"] = Checkout.DotnetRoot },
        };
}
