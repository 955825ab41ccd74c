using System.Text.Json;
using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Farm;

/// <summary>
/// What the nodes of a farm have in common for SSH, and its users: one host key, and a key authority that knows the keys of alice, bob and
/// mallory.
/// </summary>
internal sealed class FarmUsers
{
    private static readonly string[] s_names = ["alice", "bob", "mallory"];

    private readonly TempFolder _folder;
    private readonly SshKey _host;
    private readonly Dictionary<string, SshKey> _keys;

    private FarmUsers(TempFolder folder, SshKey host, Dictionary<string, SshKey> keys) => (_folder, _host, _keys) = (folder, host, keys);

    /// <summary>The options of every node.</summary>
    public IReadOnlyList<string> Options => ["--Ssh:HostKeys", _host.PrivateFile, "--Ssh:KeyAuthority:File", _folder["keys.json"]];

    public static async Task<FarmUsers> CreateAsync(TempFolder folder)
    {
        var keys = new Dictionary<string, SshKey>();
        var known = new List<Dictionary<string, string>>();
        foreach (string name in s_names)
        {
            keys[name] = await SshKey.CreateAsync(folder[name]);
            await File.WriteAllTextAsync(folder[name + ".password"], name + ApachePrimary.PasswordSuffix + "\n");
            known.Add(
                new()
                {
                    ["key"] = keys[name].PublicLine,
                    ["username"] = name,
                    ["passwordFile"] = folder[name + ".password"],
                }
            );
        }

        await File.WriteAllTextAsync(folder["keys.json"], JsonSerializer.Serialize(known));
        return new FarmUsers(folder, await SshKey.CreateAsync(folder["host_ed25519_key"]), keys);
    }

    /// <summary>How this user's ssh is set up for a server that shows the shared host key.</summary>
    public SshUser Of(string name, string server)
    {
        string file = _folder[$"known_hosts_{server.Split(':')[1]}"];
        File.WriteAllText(file, $"[127.0.0.1]:{server.Split(':')[1]} {_host.PublicLine}\n");
        return new SshUser { KnownHosts = file, KeyFiles = [_keys[name].PrivateFile] };
    }
}
