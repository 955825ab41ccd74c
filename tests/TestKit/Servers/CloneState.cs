namespace Waystation.TestKit.Servers;

/// <summary>
/// All by which two clones could differ, but for the address that they came from. Taking it also checks the clone:
/// <c>git fsck --strict</c> must find nothing.
/// </summary>
public sealed record CloneState(string Head, string Refs, string Objects, string Shallow, string WorkTree, string Complaints)
{
    /// <summary>Reads the state of the clone in which the client is.</summary>
    public static async Task<CloneState> OfAsync(GitClient clone)
    {
        ArgumentNullException.ThrowIfNull(clone);
        string gitFolder = await clone.ReadAsync("rev-parse", "--absolute-git-dir");
        string shallow = Path.Combine(gitFolder, "shallow");
        bool bare = await clone.ReadAsync("rev-parse", "--is-bare-repository") == "true";
        CommandResult fsck = await clone.RunAsync("fsck", "--strict", "--full", "--no-progress", "--no-dangling");
        return new CloneState(
            Head: await File.ReadAllTextAsync(Path.Combine(gitFolder, "HEAD")),
            Refs: await clone.ReadAsync("for-each-ref", "--format=%(refname) %(objectname) %(symref)"),
            Objects: await clone.ReadAsync("cat-file", "--batch-all-objects", "--batch-check"),
            Shallow: File.Exists(shallow) ? await File.ReadAllTextAsync(shallow) : "",
            WorkTree: bare ? "" : await clone.ReadAsync("status", "--porcelain"),
            Complaints: fsck.Error + fsck.Output
        );
    }
}
