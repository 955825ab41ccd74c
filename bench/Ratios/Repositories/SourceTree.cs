using System.Globalization;
using System.Text;

namespace Waystation.Ratios.Repositories;

/// <summary>
/// A tree of text files such as projects have, made by a seed, and commits that change some of them. Unlike <see cref="History"/>, whose
/// few files are for comparing, it gives git something to do.
/// </summary>
/// <param name="Folders">Each with a hundred files.</param>
/// <param name="Commits">After the first.</param>
/// <param name="ChangesInCommit">Files that each commit changes.</param>
internal sealed record SourceTree(int Folders, int Commits, int ChangesInCommit)
{
    private const int FilesInFolder = 100,
        Lines = 60;

    private static readonly string[] s_words =
    [
        "return",
        "value",
        "if",
        "else",
        "for",
        "each",
        "line",
        "read",
        "write",
        "open",
        "close",
        "first",
        "last",
        "next",
        "count",
        "none",
    ];

    /// <summary>30,000 files, a thousand commits: a pack of 35 MB.</summary>
    public static SourceTree Wide { get; } = new(300, 1_000, 4);

    /// <summary>6,000 files, for repositories that are used hundreds of times.</summary>
    public static SourceTree Narrow { get; } = new(60, 500, 4);

    /// <summary>A history of years.</summary>
    public static SourceTree Project { get; } = new(120, 30_000, 4);

    /// <summary>The same, for a short run.</summary>
    public static SourceTree ShortProject { get; } = new(120, 3_000, 4);

    /// <summary>As a primary that is looked after has it: one pack with bitmaps, and a commit-graph.</summary>
    public static async Task TidyAsync(PrimaryRepository repository)
    {
        await repository.GitAsync("repack", "-a", "-d", "-q", "--write-bitmap-index");
        await repository.GitAsync("commit-graph", "write", "--reachable");
    }

    /// <summary>Puts the tree on the branch <c>main</c>.</summary>
    public async Task ImportAsync(PrimaryRepository repository, TempFolder folder)
    {
        var import = new Command("git", "fast-import", "--quiet", "--done", "--force")
        {
            WorkingDirectory = repository.Folder,
            Environment = new Dictionary<string, string> { ["HOME"] = folder.FullPath, ["GIT_CONFIG_NOSYSTEM"] = "1" },
            Input = WriteAsync,
            Timeout = TimeSpan.FromMinutes(10),
        };
        await import.MustRunAsync();
    }

    private async Task WriteAsync(Stream stream)
    {
        await using var writer = new StreamWriter(stream, new UTF8Encoding(false), 1 << 20, leaveOpen: true) { NewLine = "\n" };
        var random = new Random(4);
        string[][] files = new string[Folders * FilesInFolder][];
        for (int commit = 0; commit <= Commits; commit++)
        {
            string time = (History.FirstCommitTime + (commit * 600L)).ToString(CultureInfo.InvariantCulture);
            await writer.WriteLineAsync($"commit refs/heads/main\ncommitter Sana <sana@example.com> {time} +0000\ndata 7\nChange\n");
            if (commit == 0)
            {
                for (int file = 0; file < files.Length; file++)
                {
                    files[file] = [.. Enumerable.Range(0, Lines).Select(_ => NewLine(random))];
                    await WriteFileAsync(writer, files, file);
                }
            }
            else
            {
                for (int change = 0; change < ChangesInCommit; change++)
                {
                    await EditFileAsync(writer, random, files, random.Next(files.Length));
                }
            }
        }

        await writer.WriteLineAsync("done");
    }

    /// <summary>Inserts a few lines and removes a few, as people do.</summary>
    private static async Task EditFileAsync(StreamWriter writer, Random random, string[][] files, int file)
    {
        List<string> lines = [.. files[file]];
        for (int edit = 0; edit < 4; edit++)
        {
            lines.Insert(random.Next(lines.Count), NewLine(random));
            if (lines.Count > Lines / 2 && random.Next(5) > 0)
            {
                lines.RemoveAt(random.Next(lines.Count));
            }
        }

        files[file] = [.. lines];
        await WriteFileAsync(writer, files, file);
    }

    private static string NewLine(Random random) =>
        string.Create(CultureInfo.InvariantCulture, $"    {random.Next(1 << 20):x5} {string.Join(' ', random.GetItems(s_words, 6))}\n");

    private static async Task WriteFileAsync(StreamWriter writer, string[][] files, int file)
    {
        string text = string.Concat(files[file]);
        await writer.WriteLineAsync(
            $"M 100644 inline src/part{file / FilesInFolder:D3}/file{file % FilesInFolder:D2}.txt\ndata {text.Length}"
        );
        await writer.WriteLineAsync(text);
    }
}
