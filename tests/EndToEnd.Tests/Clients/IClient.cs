using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Clients;

/// <summary>
/// A Git client that others wrote, doing the three things that all of them can. Credentials stand in the URL; each client
/// is given them in its own way. A clone checks out; a fetch moves the remote-tracking branches; a push sends <c>main</c>.
/// </summary>
internal interface IClient
{
    /// <param name="url">The URL.</param>
    /// <param name="folder">The clone, which does not exist yet.</param>
    /// <param name="depth">Commits from each tip; null for all.</param>
    Task<CommandResult> CloneAsync(Uri url, string folder, int? depth = null);

    /// <param name="url">The URL, instead of the clone's own remote.</param>
    /// <param name="folder">The clone.</param>
    /// <param name="depth">Commits from each tip; null for the clone's own boundary.</param>
    Task<CommandResult> FetchAsync(Uri url, string folder, int? depth = null);

    Task<CommandResult> PushAsync(Uri url, string folder);
}
