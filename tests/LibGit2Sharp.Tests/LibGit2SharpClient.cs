using LibGit2Sharp;
using Waystation.EndToEnd.Tests.Clients;
using Waystation.TestKit.Servers;

namespace Waystation.LibGit2Sharp.Tests;

/// <summary>LibGit2Sharp in this process, with the libgit2 that it brings along.</summary>
internal sealed class LibGit2SharpClient : IClient
{
    /// <summary>The depth by which libgit2 means all of the history.</summary>
    private const int All = 0;

    private static readonly string s_emptyConfiguration = MakeEmptyFolder();

    public static Task<IClient> CreateAsync(string home)
    {
        // Of the whole process, so one folder for all: nothing of the machine's configuration gets in.
        GlobalSettings.SetConfigSearchPaths(ConfigurationLevel.Global, s_emptyConfiguration);
        GlobalSettings.SetConfigSearchPaths(ConfigurationLevel.Xdg, s_emptyConfiguration);
        GlobalSettings.SetConfigSearchPaths(ConfigurationLevel.System, s_emptyConfiguration);
        GlobalSettings.SetConfigSearchPaths(ConfigurationLevel.ProgramData, s_emptyConfiguration);
        return Task.FromResult<IClient>(new LibGit2SharpClient());
    }

    public Task<CommandResult> CloneAsync(Uri url, string folder, int? depth = null) =>
        DoAsync(
            "clone",
            url,
            (address, login) =>
                Repository.Clone(address, folder, new CloneOptions { FetchOptions = { CredentialsProvider = login, Depth = depth ?? All } })
        );

    public Task<CommandResult> FetchAsync(Uri url, string folder, int? depth = null) =>
        DoAsync(
            "fetch",
            url,
            (address, login) =>
            {
                using var repository = new Repository(folder);
                repository.Network.Remotes.Update("origin", remote => remote.Url = address);
                Commands.Fetch(
                    repository,
                    "origin",
                    [],
                    new FetchOptions { CredentialsProvider = login, Depth = depth ?? All },
                    logMessage: null
                );
            }
        );

    public Task<CommandResult> PushAsync(Uri url, string folder) =>
        DoAsync(
            "push",
            url,
            (address, login) =>
            {
                using var repository = new Repository(folder);
                repository.Network.Remotes.Update("origin", remote => remote.Url = address);
                var refused = new List<string>();
                repository.Network.Push(
                    repository.Network.Remotes["origin"],
                    "refs/heads/main:refs/heads/main",
                    new PushOptions
                    {
                        CredentialsProvider = login,
                        OnPushStatusError = error => refused.Add($"{error.Reference}: {error.Message}"),
                    }
                );
                if (refused.Count > 0)
                {
                    throw new LibGit2SharpException(string.Join('\n', refused));
                }
            }
        );

    /// <summary>The calls block, so each has a thread to itself; an exception of the library stands for a program's error text.</summary>
    private static Task<CommandResult> DoAsync(
        string verb,
        Uri url,
        Action<string, global::LibGit2Sharp.Handlers.CredentialsHandler?> act
    ) =>
        Task.Run(() =>
        {
            string address = new UriBuilder(url) { UserName = "", Password = "" }
                .Uri
                .AbsoluteUri;
            try
            {
                act(address, LoginOf(url));
                return new CommandResult(verb, 0, "", "");
            }
            catch (LibGit2SharpException refused)
            {
                return new CommandResult(verb, 1, "", refused.ToString());
            }
        });

    /// <summary>Null if the URL has no user: then a challenge is the end.</summary>
    private static global::LibGit2Sharp.Handlers.CredentialsHandler? LoginOf(Uri url)
    {
        if (url.UserInfo.Length == 0)
        {
            return null;
        }

        string[] parts = url.UserInfo.Split(':', 2);
        return (_, _, _) =>
            new UsernamePasswordCredentials { Username = Uri.UnescapeDataString(parts[0]), Password = Uri.UnescapeDataString(parts[1]) };
    }

    private static string MakeEmptyFolder() =>
        Directory.CreateDirectory(Path.Combine(Checkout.Root, "artifacts", "clients", "libgit2sharp-configuration")).FullName;
}
