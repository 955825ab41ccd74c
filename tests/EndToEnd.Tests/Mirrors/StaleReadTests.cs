using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using Waystation.TestKit.Servers;
using Xunit.Abstractions;

namespace Waystation.EndToEnd.Tests.Mirrors;

/// <summary>
/// Pushers write increasing numbers straight to the primary while others fetch through the node: no fetch that began after a push
/// was complete may bring an older number, whichever rung of the ladder answered it.
/// </summary>
public sealed class StaleReadTests(Station station, ITestOutputHelper output) : IClassFixture<Station>, IDisposable
{
    private const int Pushers = 3,
        Pushes = 25;

    private readonly TempFolder _folder = new();
    private readonly ConcurrentBag<Push> _pushes = [];
    private readonly ConcurrentBag<Fetch> _fetches = [];

    [Fact]
    public async Task NoFetch_BringsWhatWasOldWhenItBegan()
    {
        PrimaryRepository repository = await station.Primary.CreateAsync($"public/{Guid.NewGuid():n}.git", new History(Seed: 305));
        for (int pusher = 0; pusher < Pushers; pusher++)
        {
            await repository.GitAsync("update-ref", $"refs/heads/numbers/{pusher}", "refs/heads/main");
        }

        await new GitClient(_folder).RunAsync("clone", "--quiet", "--mirror", station.Node.UrlOf(repository).AbsoluteUri, "first");
        using var pushing = new CancellationTokenSource();
        Task fetchers = Task.WhenAll(
            FetchAsync(repository, 0, 2, [], pushing.Token),
            FetchAsync(repository, 1, 2, ["--depth=2"], pushing.Token),
            FetchAsync(repository, 2, 0, [], pushing.Token),
            FetchAsync(repository, 3, 1, ["--no-tags"], pushing.Token)
        );
        await Task.WhenAll(Enumerable.Range(0, Pushers).Select(pusher => PushAsync(repository, pusher)));
        await pushing.CancelAsync();
        await fetchers;

        output.WriteLine($"{_pushes.Count} pushes, {_fetches.Count} fetches");
        foreach (Fetch fetch in _fetches)
        {
            for (int pusher = 0; pusher < Pushers; pusher++)
            {
                int due = _pushes
                    .Where(push => push.Pusher == pusher && push.Completed < fetch.Began)
                    .Select(static push => push.Number)
                    .Append(0)
                    .Max();
                Assert.True(
                    fetch.Got[pusher] >= due,
                    $"fetcher {fetch.Fetcher} brought {fetch.Got[pusher]} of pusher {pusher}, and {due} was complete before it began"
                );
            }
        }
    }

    public void Dispose() => _folder.Dispose();

    private async Task PushAsync(PrimaryRepository repository, int pusher)
    {
        for (int number = 1; number <= Pushes; number++)
        {
            // Now and then the history is rewritten.
            string onto = number % 7 == 0 ? "refs/heads/main^0" : $"refs/heads/numbers/{pusher}^0",
                text = number.ToString(CultureInfo.InvariantCulture);
            string script =
                $"commit refs/heads/numbers/{pusher}\ncommitter Sana <sana@example.com> {History.FirstCommitTime + number} +0000\ndata 0\n"
                + $"from {onto}\nM 100644 inline number\ndata {text.Length}\n{text}\ndone\n";
            await repository.ImportAsync(stream => stream.WriteAsync(Encoding.ASCII.GetBytes(script)).AsTask());
            _pushes.Add(new Push(pusher, number, Stopwatch.GetTimestamp()));
            await Eventually.TrueAsync("the fetches keep up", () => _fetches.Count >= number * 2);
        }
    }

    private async Task FetchAsync(PrimaryRepository repository, int fetcher, int version, string[] options, CancellationToken pushing)
    {
        GitClient client = new GitClient(_folder).Speaking(version);
        await client.RunAsync("init", "--quiet", "--bare", $"fetcher{fetcher}");
        client = client.In($"fetcher{fetcher}");
        for (bool last = false; !last; )
        {
            last = pushing.IsCancellationRequested;
            long began = Stopwatch.GetTimestamp();
            CommandResult result = await client.TryAsync([
                "fetch",
                "--quiet",
                "--force",
                .. options,
                station.Node.UrlOf(repository).AbsoluteUri,
                "refs/heads/*:refs/heads/*",
            ]);
            if (result.ExitCode != 0 && result.Error.Contains("not our ref", StringComparison.Ordinal) && MayHaveMetARewrite(began))
            {
                // The history was rewritten between the listing and the question. A direct fetch fails as well, and the user tries again.
                continue;
            }

            result.MustSucceed();
            int[] got = new int[Pushers];
            for (int pusher = 0; pusher < Pushers; pusher++)
            {
                CommandResult number = await client.TryAsync("cat-file", "blob", $"refs/heads/numbers/{pusher}:number");
                got[pusher] = number.ExitCode == 0 ? int.Parse(number.Output, CultureInfo.InvariantCulture) : 0;
            }

            _fetches.Add(new Fetch(fetcher, began, got));
        }
    }

    /// <summary>Whether a push that rewrites history may have come since a moment: it is complete since then, or the next one.</summary>
    private bool MayHaveMetARewrite(long since) =>
        Enumerable
            .Range(0, Pushers)
            .Any(pusher =>
                (_pushes.Where(push => push.Pusher == pusher).Select(static push => push.Number).Append(0).Max() + 1) % 7 == 0
                || _pushes.Any(push => push.Pusher == pusher && push.Number % 7 == 0 && push.Completed >= since)
            );

    private sealed record Push(int Pusher, int Number, long Completed);

    private sealed record Fetch(int Fetcher, long Began, IReadOnlyList<int> Got);
}
