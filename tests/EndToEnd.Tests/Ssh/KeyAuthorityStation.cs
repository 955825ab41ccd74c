using System.Text.Json;
using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Ssh;

/// <summary>A node that knows the primary by HTTP alone, and users by a file of keys.</summary>
public sealed class KeyAuthorityStation : IAsyncLifetime
{
    private readonly List<Dictionary<string, string>> _keys = [];

    public SshStation Inner { get; } = new();

    /// <summary>The authority's file.</summary>
    public string File => Inner.Folder["keys.json"];

    public async Task InitializeAsync()
    {
        Write();
        await Inner.StartAsync(sshOptions: ["--ssh-listen", "127.0.0.1:0", "--Ssh:KeyAuthority:File", File]);
        List(Inner.Alice, "alice");
        List(Inner.Bob, "bob");
        List(Inner.Mallory, "mallory");
    }

    /// <summary>Lists a key as that of a user of the primary's over HTTP.</summary>
    public void List(SshKey key, string user)
    {
        string password = Inner.Folder[user + ".password"];
        System.IO.File.WriteAllText(password, user + ApachePrimary.PasswordSuffix + "\n");
        _keys.Add(
            new()
            {
                ["key"] = key.PublicLine,
                ["username"] = user,
                ["passwordFile"] = password,
            }
        );
        Write();
    }

    /// <summary>Takes a key off the list.</summary>
    public void Unlist(SshKey key)
    {
        _keys.RemoveAll(entry => entry["key"] == key.PublicLine);
        Write();
    }

    public Task DisposeAsync() => Inner.DisposeAsync();

    private void Write()
    {
        System.IO.File.WriteAllText(File + ".new", JsonSerializer.Serialize(_keys));
        System.IO.File.Move(File + ".new", File, overwrite: true);
    }
}
