using System.Collections;
using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Clients;

/// <summary>
/// <c>Programs/isomorphic-git</c> with its packages, installed by <c>npm ci</c> as the lock file says into the folder of
/// built things; a later run with the same files finds them there.
/// </summary>
internal static class IsomorphicGitModules
{
    private const string LockFile = "package-lock.json",
        InstalledMark = "installed.json";

    private static readonly Lazy<Task<string>> s_folder = new(InstallAsync);

    public static async Task<IClient> ClientAsync(string home) =>
        new ProgramClient("node", Path.Combine(await s_folder.Value, "client.mjs")) { Home = home };

    private static async Task<string> InstallAsync()
    {
        string source = Path.Combine(ProgramClient.Folder, "isomorphic-git");
        string target = Directory.CreateDirectory(Path.Combine(Checkout.Root, "artifacts", "clients", "isomorphic-git")).FullName;
        foreach (string file in (string[])["client.mjs", "package.json", LockFile])
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
