namespace Waystation.TestKit.Servers;

/// <summary>
/// Host keys for the nodes of a run, as a node has them after its first start. To make an RSA key takes as much processor time as the start
/// of a node, and hundreds of nodes are started.
/// </summary>
internal static class HostKeys
{
    private static readonly Lazy<Task<IReadOnlyDictionary<string, byte[]>>> s_files = new(MakeAsync);

    /// <summary>Puts the keys where a node looks for its own, unless the node has data already.</summary>
    public static async Task PlaceAsync(string dataFolder)
    {
        if (Directory.Exists(dataFolder))
        {
            return;
        }

        string folder = Path.Combine(dataFolder, "ssh");
        foreach (string made in (string[])[dataFolder, folder])
        {
            Directory.CreateDirectory(made, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        foreach ((string name, byte[] content) in await s_files.Value)
        {
            string file = Path.Combine(folder, name);
            await File.WriteAllBytesAsync(file, content);
            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }
    }

    private static async Task<IReadOnlyDictionary<string, byte[]>> MakeAsync()
    {
        using var folder = new TempFolder();
        foreach ((string type, int bits) in ((string, int)[])[("ed25519", 256), ("ecdsa", 256), ("rsa", 3072)])
        {
            await SshKey.CreateAsync(folder[$"host_{type}_key"], type, bits, "waystation");
        }

        return Directory.EnumerateFiles(folder.FullPath).ToDictionary(static file => Path.GetFileName(file), File.ReadAllBytes);
    }
}
