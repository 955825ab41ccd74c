using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests;

/// <summary>A node with alice's login as its service credential, which compares its mirrors with the primary every other second.</summary>
internal static class VettedNode
{
    /// <param name="folder">Gets the file with the password, <c>service-password</c>.</param>
    public static async Task<NodeSettings> SettingsAsync(TempFolder folder)
    {
        string secret = folder["service-password"];
        await File.WriteAllTextAsync(secret, "alice-secret\n");
        return new NodeSettings
        {
            Options = ["--Vet:Every", "00:00:02", "--Primaries:0:Service:Username", "alice", "--Primaries:0:Service:PasswordFile", secret],
        };
    }
}
