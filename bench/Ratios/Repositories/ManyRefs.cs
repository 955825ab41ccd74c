using System.Globalization;
using System.Text;

namespace Waystation.Ratios.Repositories;

/// <summary>A short history to which very many branches point, as where every job and every change has its own.</summary>
internal static class ManyRefs
{
    /// <summary>A fetch can want as many different ones.</summary>
    private const int Commits = 10_000;

    /// <summary>Puts so many beside the branch <c>main</c>, packed as a primary that is looked after has them.</summary>
    public static async Task ImportAsync(PrimaryRepository repository, int count)
    {
        await repository.ImportAsync(WriteAsync);
        string[] commits = (await repository.GitAsync("rev-list", "main")).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        // Through git each of them would be a file for a moment, and all together minutes: this is the file that would come of it
        // (gitrepository-layout, packed-refs).
        IEnumerable<string> refs = Enumerable
            .Range(0, count)
            .Select(branch =>
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{commits[branch % commits.Length]} refs/heads/job/{branch / 1_000:D3}/{branch:D6}"
                )
            );
        await File.WriteAllTextAsync(
            Path.Combine(repository.Folder, "packed-refs"),
            $"# pack-refs with: peeled fully-peeled sorted \n{string.Join('\n', refs)}\n"
        );
        await SourceTree.TidyAsync(repository);
    }

    private static async Task WriteAsync(Stream stream)
    {
        await using var writer = new StreamWriter(stream, new UTF8Encoding(false), leaveOpen: true) { NewLine = "\n" };
        for (int commit = 1; commit <= Commits; commit++)
        {
            string time = (History.FirstCommitTime + (commit * 600L)).ToString(CultureInfo.InvariantCulture);
            string text = string.Create(CultureInfo.InvariantCulture, $"Change {commit}\n");
            await writer.WriteLineAsync(
                $"commit refs/heads/main\ncommitter Sana <sana@example.com> {time} +0000\ndata {text.Length}\n{text}"
            );
            await writer.WriteLineAsync($"M 100644 inline file{commit % 50}.txt\ndata {text.Length}\n{text}");
        }

        await writer.WriteLineAsync("done");
    }
}
