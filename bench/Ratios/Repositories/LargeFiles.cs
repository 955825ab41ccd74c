using System.Globalization;
using System.Text;

namespace Waystation.Ratios.Repositories;

/// <summary>Random bytes as files of up to 16 MiB in one commit: no compression makes a pack smaller than this, and git has nothing to
/// think about.</summary>
internal static class LargeFiles
{
    private const int Largest = 16 << 20;

    /// <summary>Puts them on the branch <c>main</c>.</summary>
    public static async Task ImportAsync(PrimaryRepository repository, long bytes)
    {
        // Deflating random bytes only takes time.
        await repository.GitAsync("config", "core.compression", "0");
        await repository.ImportAsync(stream => WriteAsync(stream, bytes));
    }

    private static async Task WriteAsync(Stream stream, long bytes)
    {
        var random = new Random(1);
        byte[] chunk = new byte[Largest];
        string time = History.FirstCommitTime.ToString(CultureInfo.InvariantCulture);
        await stream.WriteAsync(
            Encoding.ASCII.GetBytes($"commit refs/heads/main\ncommitter Sana <sana@example.com> {time} +0000\ndata 6\nMedia\n")
        );
        for (long written = 0; written < bytes; written += Largest)
        {
            int length = (int)Math.Min(Largest, bytes - written);
            random.NextBytes(chunk);
            await stream.WriteAsync(Encoding.ASCII.GetBytes($"M 100644 inline media/{written / Largest:D4}.bin\ndata {length}\n"));
            await stream.WriteAsync(chunk.AsMemory(0, length));
            await stream.WriteAsync("\n"u8.ToArray());
        }

        await stream.WriteAsync("\ndone\n"u8.ToArray());
    }
}
