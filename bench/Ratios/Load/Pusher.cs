using System.Globalization;

namespace Waystation.Ratios.Load;

/// <summary>Somebody who commits and pushes by git, every other second: each push is a new tip that all jobs want.</summary>
internal sealed class Pusher
{
    private static readonly TimeSpan Between = TimeSpan.FromSeconds(2);

    private readonly Random random = new(6);
    private readonly GitClient git;
    private readonly string[] files;
    private int commits;

    private Pusher(GitClient git, string[] files)
    {
        this.git = git;
        this.files = files;
    }

    /// <summary>Clones to a folder in which the commits are made, whichever door they go through.</summary>
    public static async Task<Pusher> CloneAsync(GitClient git, string url)
    {
        await git.RunAsync("clone", "--quiet", url, "pusher");
        GitClient clone = git.In("pusher");
        IEnumerable<string> all = (await clone.ReadAsync("ls-files", "-z")).Split('\0', StringSplitOptions.RemoveEmptyEntries);
        // A real repository may hold links and submodules as well.
        return new Pusher(clone, [.. all.Where(file => new FileInfo(Path.Combine(clone.Folder, file)) is { Exists: true, LinkTarget: null })]);
    }

    /// <summary>Commits and pushes until the time is over; returns how often.</summary>
    public async Task<int> RunAsync(LoadDoor door, CancellationToken over)
    {
        int pushes = 0;
        using var timer = new PeriodicTimer(Between);
        try
        {
            do
            {
                await CommitAsync();
                await git.RunAsync("push", "--quiet", door.Pushing, "HEAD:main");
                pushes++;
            }
            while (await timer.WaitForNextTickAsync(over));
        }
        catch (OperationCanceledException) when (over.IsCancellationRequested)
        {
            // The time is over.
        }

        return pushes;
    }

    private async Task CommitAsync()
    {
        string file = files[random.Next(files.Length)];
        await File.AppendAllTextAsync(Path.Combine(git.Folder, file), string.Create(CultureInfo.InvariantCulture, $"Change {++commits}, {random.NextInt64():x16}\n"));
        await git.RunAsync("add", "--", file);
        await git.RunAsync("commit", "--quiet", "--message", "Change");
    }
}
