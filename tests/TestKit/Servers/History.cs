using System.Globalization;
using System.Text;

namespace Waystation.TestKit.Servers;

/// <summary>
/// A history made by a seed: the same seed gives the same object ids, everywhere.
/// It is written in the language of <c>git fast-import</c>, which makes hundreds of commits in a few milliseconds.
/// </summary>
public sealed record History(int Seed)
{
    /// <summary>2024-01-01; each commit is one hour after the one before.</summary>
    public const long FirstCommitTime = 1_704_067_200;

    private const int ChunkSize = 1 << 20;

    public int Commits { get; init; } = 40;

    public int Files { get; init; } = 12;

    /// <summary>Side branches, each begun at some commit of <c>main</c> and three commits long.</summary>
    public int Branches { get; init; } = 3;

    public int AnnotatedTags { get; init; } = 3;

    public int LightweightTags { get; init; } = 2;

    /// <summary>Random bytes put into the first commit as files of up to 1 MiB: no compression makes a pack smaller than this.</summary>
    public long IncompressibleBytes { get; init; }

    /// <summary>When the commit with this number on <c>main</c> was made.</summary>
    public static DateTimeOffset TimeOf(int commit) => DateTimeOffset.FromUnixTimeSeconds(FirstCommitTime + (commit * 3600L));

    /// <summary>Writes the whole history.</summary>
    public async Task WriteAsync(Stream fastImport)
    {
        var random = new Random(Seed);
        for (int commit = 1; commit <= Commits; commit++)
        {
            await BeginCommitAsync(fastImport, "refs/heads/main", mark: commit, commit, $"Commit {commit} of seed {Seed}");
            if (commit == 1)
            {
                await WriteIncompressibleAsync(fastImport, random);
            }

            for (int change = 0; change < 2; change++)
            {
                await WriteTextFileAsync(fastImport, $"src/part{random.Next(Files) % 4}/file{random.Next(Files)}.txt", random);
            }

            await LineAsync(fastImport, "");
            if (commit == Commits / 2)
            {
                await WriteBranchesAsync(fastImport, random);
            }
        }

        await WriteTagsAsync(fastImport);
        await LineAsync(fastImport, "done");
    }

    /// <summary>Writes one more commit on top of a branch.</summary>
    public static async Task WriteCommitOnTopAsync(Stream fastImport, string branch, string message, string path, string content)
    {
        await LineAsync(fastImport, $"commit refs/heads/{branch}");
        await LineAsync(fastImport, $"committer Sana <sana@example.com> {DateTimeOffset.UtcNow.ToUnixTimeSeconds()} +0000");
        await DataAsync(fastImport, Encoding.UTF8.GetBytes(message));
        await LineAsync(fastImport, $"from refs/heads/{branch}^0");
        await LineAsync(fastImport, $"M 100644 inline {path}");
        await DataAsync(fastImport, Encoding.UTF8.GetBytes(content));
        await LineAsync(fastImport, "done");
    }

    private async Task WriteBranchesAsync(Stream fastImport, Random random)
    {
        for (int branch = 1; branch <= Branches; branch++)
        {
            string name = $"refs/heads/topic/{branch}";
            await LineAsync(fastImport, $"reset {name}");
            await LineAsync(fastImport, $"from :{Commits / 2}");
            await LineAsync(fastImport, "");
            for (int commit = 1; commit <= 3; commit++)
            {
                await BeginCommitAsync(fastImport, name, mark: null, (Commits / 2) + commit, $"Topic {branch}, commit {commit}");
                await WriteTextFileAsync(fastImport, $"topics/{branch}.txt", random);
                await LineAsync(fastImport, "");
            }
        }
    }

    private async Task WriteTagsAsync(Stream fastImport)
    {
        for (int tag = 1; tag <= LightweightTags; tag++)
        {
            await LineAsync(fastImport, $"reset refs/tags/light-{tag}");
            await LineAsync(fastImport, $"from :{Math.Max(Commits - tag, 1)}");
            await LineAsync(fastImport, "");
        }

        for (int tag = 1; tag <= AnnotatedTags; tag++)
        {
            await LineAsync(fastImport, $"tag v1.{tag}");
            await LineAsync(fastImport, $"from :{Math.Max(Commits - (tag * 2), 1)}");
            await LineAsync(fastImport, $"tagger Omar <omar@example.com> {TimeOf(Commits).ToUnixTimeSeconds()} +0000");
            await DataAsync(fastImport, Encoding.UTF8.GetBytes($"Version 1.{tag}\n"));
        }
    }

    private async Task WriteIncompressibleAsync(Stream fastImport, Random random)
    {
        byte[] chunk = new byte[ChunkSize];
        for (long written = 0; written < IncompressibleBytes; written += ChunkSize)
        {
            random.NextBytes(chunk);
            await LineAsync(fastImport, $"M 100644 inline media/{written / ChunkSize:D5}.bin");
            await DataAsync(fastImport, chunk.AsMemory(0, (int)Math.Min(ChunkSize, IncompressibleBytes - written)));
        }
    }

    private static async Task WriteTextFileAsync(Stream fastImport, string path, Random random)
    {
        var text = new StringBuilder();
        for (int line = 0; line < 20; line++)
        {
            text.Append(CultureInfo.InvariantCulture, $"line {line}: {random.NextInt64():x16} {random.NextInt64():x16}\n");
        }

        await LineAsync(fastImport, $"M 100644 inline {path}");
        await DataAsync(fastImport, Encoding.UTF8.GetBytes(text.ToString()));
    }

    private static async Task BeginCommitAsync(Stream fastImport, string reference, int? mark, int number, string message)
    {
        await LineAsync(fastImport, $"commit {reference}");
        if (mark is not null)
        {
            await LineAsync(fastImport, $"mark :{mark}");
        }

        await LineAsync(fastImport, $"committer Sana <sana@example.com> {TimeOf(number).ToUnixTimeSeconds()} +0000");
        await DataAsync(fastImport, Encoding.UTF8.GetBytes(message + "\n"));
    }

    private static async Task LineAsync(Stream stream, string line) => await stream.WriteAsync(Encoding.UTF8.GetBytes(line + "\n"));

    private static async Task DataAsync(Stream stream, ReadOnlyMemory<byte> data)
    {
        await LineAsync(stream, $"data {data.Length}");
        await stream.WriteAsync(data);
        await LineAsync(stream, "");
    }
}
