using System.Text;

namespace Waystation.TestKit.Servers.Lfs;

/// <summary>Commits of LFS pointers, made at the primary itself.</summary>
public static class LfsCommits
{
    private const string Attributes = "*.bin filter=lfs diff=lfs merge=lfs -text\n";

    /// <summary>Commits files that are LFS objects to a branch, and says to git that <c>*.bin</c> are such; returns the new tip.</summary>
    public static async Task<string> CommitPointersAsync(
        this PrimaryRepository repository,
        IReadOnlyDictionary<string, LfsContent> files,
        string branch = "main"
    )
    {
        ArgumentNullException.ThrowIfNull(repository);
        string reference = "refs/heads/" + branch;
        bool isNew = (await repository.GitAsync("for-each-ref", reference)).Output.Length == 0;
        var text = new StringBuilder($"commit {reference}\ncommitter Sana <sana@example.com> {History.FirstCommitTime} +0000\n");
        Append(text, "Large files\n");
        text.Append(isNew ? "" : $"from {reference}^0\n").Append("M 100644 inline .gitattributes\n");
        Append(text, Attributes);
        foreach ((string path, LfsContent content) in files)
        {
            text.Append("M 100644 inline ").Append(path).Append('\n');
            Append(text, content.Pointer);
        }

        text.Append("done\n");
        await repository.ImportAsync(stream => stream.WriteAsync(Encoding.UTF8.GetBytes(text.ToString())).AsTask());
        return await repository.ResolveAsync(reference);
    }

    private static void Append(StringBuilder text, string data) =>
        text.Append("data ").Append(Encoding.UTF8.GetByteCount(data)).Append('\n').Append(data).Append('\n');
}
