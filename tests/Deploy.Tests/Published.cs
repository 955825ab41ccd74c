using Waystation.TestKit.Servers;

namespace Waystation.Deploy.Tests;

/// <summary>The folder that <c>deploy/publish</c> makes, once for all tests of a run.</summary>
internal static class Published
{
    /// <summary>The folder, as docs/first-hour.md names it.</summary>
    public const string Folder = "artifacts/deploy/waystation";

    private static readonly Lazy<Task<string>> s_folder = new(MakeAsync);

    public static Task<string> FolderAsync() => s_folder.Value;

    /// <summary>A Debian package of it, not compressed, because that would take longer than the test.</summary>
    public static async Task<string> PackageAsync(TempFolder folder, params IReadOnlyList<string> version)
    {
        CommandResult made = await new Command(
            Path.Combine(Checkout.Root, "deploy", "deb"),
            [await FolderAsync(), folder.FullPath, .. version]
        )
        {
            Environment = new Dictionary<string, string> { ["DPKG_DEB_COMPRESSOR_TYPE"] = "none" },
        }.MustRunAsync();
        return made.Output.Trim();
    }

    private static async Task<string> MakeAsync()
    {
        string folder = Path.Combine(Checkout.Root, Folder);
        await new Command(Path.Combine(Checkout.Root, "deploy", "publish"), folder)
        {
            // Where the packages of this account are.
            Environment = new Dictionary<string, string> { ["HOME"] = Environment.GetEnvironmentVariable("HOME") ?? "/" },
            Timeout = TimeSpan.FromMinutes(10),
        }.MustRunAsync();
        return folder;
    }
}
