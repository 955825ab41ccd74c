using System.Collections;
using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Clients;

/// <summary>
/// A folder of packages of npm, installed by <c>npm ci</c> as the lock file says into the folder of built things; a later run with the same
/// files finds them there.
/// </summary>
internal static class NpmFolder
{
    private const string LockFile = "package-lock.json",
        InstalledMark = "installed.json";

    /// <summary>The folder with <c>node_modules</c>, and with the files beside it.</summary>
    /// <param name="source">The folder with <c>package.json</c>, its lock file and the files.</param>
    /// <param name="files">Further files of the folder.</param>
    public static async Task<string> InstallAsync(string source, params string[] files)
    {
        string target = Directory
            .CreateDirectory(Path.Combine(Checkout.Root, "artifacts", "clients", Path.GetFileName(source).ToLowerInvariant()))
            .FullName;
        foreach (string file in (string[])["package.json", LockFile, .. files])
        {
            File.Copy(Path.Combine(source, file), Path.Combine(target, file), overwrite: true);
        }

        string wanted = await File.ReadAllTextAsync(Path.Combine(source, LockFile)),
            mark = Path.Combine(target, InstalledMark);
        if (File.Exists(mark) && await File.ReadAllTextAsync(mark) == wanted)
        {
            return target;
        }

        File.Delete(mark);
        // npm is told by its surroundings which registry there is and how to reach it.
        var surroundings = Environment
            .GetEnvironmentVariables()
            .Cast<DictionaryEntry>()
            .ToDictionary(entry => (string)entry.Key, entry => (string)entry.Value!);
        await new Command("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error")
        {
            WorkingDirectory = target,
            Environment = surroundings,
        }.MustRunAsync();
        await File.WriteAllTextAsync(mark, wanted);
        return target;
    }
}
