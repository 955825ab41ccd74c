using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Lfs;

/// <summary>Real git with <c>git lfs</c> set up, as a person has it.</summary>
internal static class LfsClients
{
    /// <summary>A client with the filters of LFS, which <c>git lfs install</c> writes, and one try for each transfer.</summary>
    public static GitClient WithLfs(this GitClient client) =>
        client with
        {
            Configuration =
            [
                .. client.Configuration,
                "filter.lfs.clean=git-lfs clean -- %f",
                "filter.lfs.smudge=git-lfs smudge -- %f",
                "filter.lfs.process=git-lfs filter-process",
                "filter.lfs.required=true",
                "lfs.transfer.maxretries=1",
                "lfs.transfer.maxretrydelay=1",
            ],
        };

    /// <summary>Makes files in the clone in which the client is, and commits them as objects of LFS.</summary>
    public static async Task CommitAsync(this GitClient clone, params IReadOnlyList<(string Path, byte[] Content)> files)
    {
        await clone.RunAsync("lfs", "track", "*.bin");
        foreach ((string path, byte[] content) in files)
        {
            await File.WriteAllBytesAsync(Path.Combine(clone.Folder, path), content);
        }

        await clone.RunAsync(["add", ".gitattributes", .. files.Select(static file => file.Path)]);
        await clone.RunAsync("commit", "--quiet", "--message", "Large files");
    }

    public static Task<byte[]> FileAsync(this GitClient clone, string path) => File.ReadAllBytesAsync(Path.Combine(clone.Folder, path));

    /// <summary>Bytes of chance.</summary>
    public static byte[] Bytes(int seed, int length)
    {
        byte[] bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }
}
