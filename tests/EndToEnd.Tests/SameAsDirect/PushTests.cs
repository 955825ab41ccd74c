using System.Text.RegularExpressions;
using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.SameAsDirect;

/// <summary>Each push is made twice, to two equal repositories: straight to the one, through the node to the other.</summary>
public sealed partial class PushTests(Station station) : IClassFixture<Station>
{
    private static readonly History s_widgets = new(Seed: 13);

    [Theory]
    [InlineData("main")]
    [InlineData("HEAD:refs/heads/new/branch")]
    [InlineData("--force HEAD~5:refs/heads/topic/1")]
    [InlineData("--delete topic/1")]
    [InlineData("--tags")]
    [InlineData("--follow-tags main")]
    [InlineData("--all")]
    [InlineData("--mirror")]
    [InlineData("--atomic main HEAD:refs/heads/second")]
    [InlineData("--force-with-lease HEAD~1:refs/heads/main")]
    [InlineData("HEAD~5:refs/heads/topic/1")] // not a fast-forward: refused by the client itself
    [InlineData("--dry-run main")]
    public Task Push_EqualsDirect_WithTheseOptions(string options) => CompareAsync(options);

    [Fact]
    public Task Push_EqualsDirect_WhenTheRepositoryIsSha256() => CompareAsync("main", "sha256");

    [Fact]
    public Task Push_IsRefusedAsDirect_WhenAHookSaysNo() =>
        CompareAsync(
            "main",
            prepare: repository =>
            {
                repository.WriteHook("pre-receive", "#!/bin/sh\necho 'Policy 7: no pushes on Saturdays.' >&2\nexit 1\n");
                return Task.CompletedTask;
            }
        );

    [Fact]
    public Task Push_IsRefusedAsDirect_WhenOneRefIsProtected() =>
        CompareAsync(
            "main HEAD:refs/heads/free",
            prepare: repository =>
            {
                repository.WriteHook("update", "#!/bin/sh\n[ \"$1\" != refs/heads/main ] || { echo 'main is protected' >&2; exit 1; }\n");
                return Task.CompletedTask;
            }
        );

    [Fact]
    public Task Push_IsRefusedAsDirect_WhenThePrimaryDeniesDeletes() =>
        CompareAsync("--delete topic/1", prepare: repository => repository.GitAsync("config", "receive.denyDeletes", "true"));

    [Fact]
    public Task Push_IsRefusedAsDirect_WhenTheUserMayOnlyRead() => CompareAsync("main", user: "bob");

    [Fact]
    public Task Push_IsRefusedAsDirect_WhenNobodyIsNamed() => CompareAsync("main", user: null);

    [Fact]
    public Task Push_EqualsDirect_WhenItIsLargerThanTheClientsBuffer() =>
        CompareAsync(
            "main",
            change: async clone =>
            {
                byte[] bytes = new byte[6 << 20];
                new Random(131).NextBytes(bytes);
                await File.WriteAllBytesAsync(Path.Combine(clone.Folder, "film.bin"), bytes);
                await clone.RunAsync("add", "film.bin");
                await clone.RunAsync("commit", "--quiet", "--message", "A film");
            }
        );

    private async Task CompareAsync(
        string options,
        string objectFormat = "sha1",
        string? user = "alice",
        Func<PrimaryRepository, Task>? prepare = null,
        Func<GitClient, Task>? change = null
    )
    {
        using var folder = new TempFolder();
        GitClient client = new GitClient(folder) with { Variables = Dates.Fixed };
        string name = Guid.NewGuid().ToString("n");
        Outcome direct = await PushAsync(client, station.Primary.Url, $"public/d{name}.git");
        Outcome through = await PushAsync(client, station.Node.Url, $"public/n{name}.git");
        Assert.Equal(direct, through);

        async Task<Outcome> PushAsync(GitClient client, Uri door, string path)
        {
            PrimaryRepository repository = await station.Primary.CreateAsync(path, s_widgets, objectFormat);
            if (prepare is not null)
            {
                await prepare(repository);
            }

            string cloneName = Path.GetFileNameWithoutExtension(path);
            await client.RunAsync("clone", "--quiet", door.To(repository, user).AbsoluteUri, cloneName);
            GitClient clone = client.In(cloneName);
            await clone.RunAsync("commit", "--quiet", "--allow-empty", "--message", "Pushed");
            await clone.RunAsync("tag", "--annotate", "--message", "Ours", "v9.0");
            if (change is not null)
            {
                await change(clone);
            }

            CommandResult push = await clone.TryAsync(["push", "origin", .. options.Split(' ')]);
            await repository.GitAsync("fsck", "--strict");
            return new Outcome(
                push.ExitCode,
                Anonymous(push.Error, door, cloneName),
                Anonymous(push.Output, door, cloneName),
                (await repository.GitAsync("for-each-ref")).Output,
                await clone.ReadAsync("for-each-ref")
            );
        }
    }

    private static string Anonymous(string text, Uri door, string cloneName) =>
        Throughput()
            .Replace(text, "")
            .Replace(door.Authority, "HOST", StringComparison.Ordinal)
            .Replace(cloneName, "REPOSITORY", StringComparison.Ordinal);

    // Speeds and percentages are the weather of the moment.
    [GeneratedRegex(@"[^\n]*\d+% [^\n]*\n|\d+ bytes \| [^,]*,", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Throughput();

    private sealed record Outcome(int ExitCode, string Error, string Output, string RefsAtThePrimary, string RefsOfTheClone);
}
