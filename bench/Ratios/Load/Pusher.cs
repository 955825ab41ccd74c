using System.Globalization;

namespace Waystation.Ratios.Load;

/// <summary>Commits and pushes with git every other second: each push is a new tip that all jobs want.</summary>
internal sealed class Pusher
{
    private static readonly TimeSpan s_between = TimeSpan.FromSeconds(2);

    private readonly Random _random = new(6);
    private readonly GitClient _git;
    private readonly string[] _files;
    private int _commits;

    private Pusher(GitClient git, string[] files)
    {
        this._git = git;
        this._files = files;
    }

    /// <summary>Clones to a folder in which the commits are made, whichever door they go through.</summary>
    public static async Task<Pusher> CloneAsync(GitClient git, string url)
    {
        await git.RunAsync("clone", "--quiet", url, "pusher");
        GitClient clone = git.In("pusher");
        IEnumerable<string> all = (await clone.ReadAsync("ls-files", "-z")).Split('\0', StringSplitOptions.RemoveEmptyEntries);
        // A real repository may hold links and submodules as well.
        return new Pusher(
            clone,
            [.. all.Where(file => new FileInfo(Path.Combine(clone.Folder, file)) is { Exists: true, LinkTarget: null })]
        );
    }

    /// <summary>Commits and pushes until the time is over; returns how often.</summary>
    public async Task<int> RunAsync(LoadDoor door, CancellationToken over)
    {
        int pushes = 0;
        using var timer = new PeriodicTimer(s_between);
        try
        {
            do
            {
                await CommitAsync();
                await _git.RunAsync("push", "--quiet", door.Pushing, "HEAD:main");
                pushes++;
            } while (await timer.WaitForNextTickAsync(over));
        }
        catch (OperationCanceledException) when (over.IsCancellationRequested)
        {
            // The time is over.
        }

        return pushes;
    }

    private async Task CommitAsync()
    {
        string file = _files[_random.Next(_files.Length)];
        await File.AppendAllTextAsync(
            Path.Combine(_git.Folder, file),
            string.Create(CultureInfo.InvariantCulture, $"Change {++_commits}, {_random.NextInt64():x16}\n")
        );
        await _git.RunAsync("add", "--", file);
        await _git.RunAsync("commit", "--quiet", "--message", "Change");
    }
}
