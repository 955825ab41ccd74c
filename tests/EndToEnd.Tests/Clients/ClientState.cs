using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Clients;

/// <summary>What real git sees in a clone that another client made, checked by it with <c>fsck --strict</c>.</summary>
internal sealed record ClientState(CloneState Found, string Reachable)
{
    public static async Task<ClientState> OfAsync(GitClient clone) =>
        new(await CloneState.OfAsync(clone), await clone.ReadAsync("rev-list", "--objects", "--all"));
}
