using System.Globalization;
using System.Text;
using Waystation.TestKit.Servers;

namespace Waystation.Ratios;

/// <summary>
/// A tree such as large projects have, made by a seed: 30,000 text files in 300 folders, and a thousand commits that
/// change some of them. Unlike <see cref="History"/>, whose few files are for comparing, it gives git something to do.
/// </summary>
internal static class SourceTree
{
    private const int Folders = 300, FilesInFolder = 100, Commits = 1_000, ChangesInCommit = 4, Lines = 60;

    private static readonly string[] Words =
        ["return", "value", "if", "else", "for", "each", "line", "read", "write", "open", "close", "first", "last", "next", "count", "none"];

    /// <summary>Puts the tree on the branch <c>main</c>.</summary>
    public static async Task ImportAsync(PrimaryRepository repository, TempFolder folder)
    {
        var import = new Command("git", "fast-import", "--quiet", "--done", "--force")
        {
            WorkingDirectory = repository.Folder,
            Environment = new Dictionary<string, string> { ["HOME"] = folder.FullPath, ["GIT_CONFIG_NOSYSTEM"] = "1" },
            Input = WriteAsync,
            Timeout = TimeSpan.FromMinutes(5),
        };
        await import.MustRunAsync();
    }

    private static async Task WriteAsync(Stream stream)
    {
        await using var writer = new StreamWriter(stream, new UTF8Encoding(false), 1 << 20, leaveOpen: true) { NewLine = "\n" };
        var random = new Random(4);
        for (int commit = 0; commit <= Commits; commit++)
        {
            string time = (History.FirstCommitTime + (commit * 600L)).ToString(CultureInfo.InvariantCulture);
            await writer.WriteLineAsync($"commit refs/heads/main\ncommitter Sana <sana@example.com> {time} +0000\ndata 7\nChange\n");
            if (commit == 0)
            {
                for (int file = 0; file < Folders * FilesInFolder; file++)
                    await WriteFileAsync(writer, random, file);
            }
            else
            {
                for (int change = 0; change < ChangesInCommit; change++)
                    await WriteFileAsync(writer, random, random.Next(Folders * FilesInFolder));
            }
        }

        await writer.WriteLineAsync("done");
    }

    private static async Task WriteFileAsync(StreamWriter writer, Random random, int file)
    {
        var text = new StringBuilder();
        for (int line = 0; line < Lines; line++)
            text.Append(CultureInfo.InvariantCulture, $"    {random.Next(1 << 20):x5} {string.Join(' ', random.GetItems(Words, 6))}\n");
        await writer.WriteLineAsync($"M 100644 inline src/part{file / FilesInFolder:D3}/file{file % FilesInFolder:D2}.txt\ndata {text.Length}");
        await writer.WriteLineAsync(text);
    }
}
