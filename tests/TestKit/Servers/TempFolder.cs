namespace Waystation.TestKit.Servers;

/// <summary>A folder of one test under the temporary folder of the run; gone when the test is.</summary>
public sealed class TempFolder : IDisposable
{
    /// <summary>The variable by which <c>./test</c> names its own temporary folder, and by which it knows its processes.</summary>
    public const string RootVariable = "WAYSTATION_TEST_TEMP";

    public TempFolder()
    {
        // The short name leaves room for Unix sockets, whose paths end at 108 bytes.
        FullPath = Path.Combine(Root, "ws-" + Path.GetRandomFileName().Replace(".", "", StringComparison.Ordinal)[..8]);
        Directory.CreateDirectory(FullPath);
        if (Environment.IsPrivilegedProcess)
        {
            File.SetUnixFileMode(FullPath, Everyone(UnixFileMode.UserWrite));
        }
    }

    public static string Root { get; } =
        Environment.GetEnvironmentVariable(RootVariable) is { Length: > 0 } root ? root : Path.GetTempPath();

    public string FullPath { get; }

    /// <summary>A path in the folder; nothing is created.</summary>
    public string this[string name] => Path.Combine(FullPath, name);

    public string CreateFolder(string name) => Directory.CreateDirectory(this[name]).FullName;

    /// <summary>Creates a folder into which a server that is not root may write.</summary>
    public string CreateSharedFolder(string name)
    {
        string folder = CreateFolder(name);
        File.SetUnixFileMode(folder, Everyone(UnixFileMode.UserWrite | UnixFileMode.GroupWrite | UnixFileMode.OtherWrite));
        return folder;
    }

    public void Dispose()
    {
        // A process that was killed a moment ago may still have put a file into a folder while it was being emptied.
        for (int attempt = 0; ; attempt++)
        {
            try
            {
                Directory.Delete(FullPath, recursive: true);
                return;
            }
            catch (DirectoryNotFoundException) when (!Directory.Exists(FullPath))
            {
                return;
            }
            catch (IOException) when (attempt < 20)
            {
                Thread.Sleep(50);
            }
        }
    }

    private static UnixFileMode Everyone(UnixFileMode write) =>
        write
        | UnixFileMode.UserRead
        | UnixFileMode.UserExecute
        | UnixFileMode.GroupRead
        | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead
        | UnixFileMode.OtherExecute;
}
