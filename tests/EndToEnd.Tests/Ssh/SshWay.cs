using System.Text.Json;
using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Ssh;

/// <summary>
/// A node with an SSH door, and one of the two ways by which it asks the primary for its users: over SSH with their forwarded agent, or
/// over HTTP with the login that a key authority names. alice, bob and mallory are as in <see cref="SshStation"/>.
/// </summary>
internal sealed class SshWay : IAsyncDisposable
{
    public const string Agent = "agent";
    public const string Authority = "key authority";

    private readonly SshStation _station = new();
    private readonly List<SshPerson> _people = [];
    private FaultyRelay? _relay;
    private WaystationNode? _node;

    private SshWay(string way) => IsAgent = way == Agent;

    public bool IsAgent { get; }

    public SshStation Station => _station;

    public WaystationNode Node => _node ?? _station.Node;

    /// <param name="way"><see cref="Agent"/> or <see cref="Authority"/>.</param>
    /// <param name="options">Further options of the node.</param>
    public static Task<SshWay> StartAsync(string way, params IReadOnlyList<string> options) =>
        StartAsync(way, new Dictionary<string, string>(), options);

    /// <param name="way"><see cref="Agent"/> or <see cref="Authority"/>.</param>
    /// <param name="environment">The node's, beside what it has anyway.</param>
    /// <param name="options">Further options of the node.</param>
    public static async Task<SshWay> StartAsync(
        string way,
        IReadOnlyDictionary<string, string> environment,
        params IReadOnlyList<string> options
    )
    {
        var started = new SshWay(way);
        try
        {
            await started._station.StartAsync([.. started.IsAgent ? options : []], environment: started.IsAgent ? environment : null);
            if (!started.IsAgent)
            {
                await started.StartAuthorityAsync(options, environment);
            }

            return started;
        }
        catch
        {
            await started.DisposeAsync();
            throw;
        }
    }

    /// <summary>A person's git, in a folder of its own.</summary>
    public async Task<GitClient> GitOfAsync(SshKey key, int version = 2)
    {
        SshPerson person = IsAgent ? await _station.PersonAsync(key) : _station.PersonWithoutAgent(key);
        _people.Add(person);
        return person.GitAs(person.User with { KnownHosts = KnownHosts }).Speaking(version);
    }

    public string AddressOf(PrimaryRepository repository) => SshStation.AddressOf(Node.Ssh, repository);

    /// <summary>From now on the primary takes no connection by the way that this node asks.</summary>
    public void EndPrimary()
    {
        if (IsAgent)
        {
            _station.Sshd.Stop();
        }
        else
        {
            _relay!.Set(Fault.Refuse);
        }
    }

    /// <summary>How often refs were asked for at the primary over HTTP.</summary>
    public int RefsAsked => _relay?.Requests.Count(IsLsRefs) ?? 0;

    /// <summary>Over HTTP the primary gets the next questions only once this has ended; returns how many it got before.</summary>
    public int HoldRefs(Task until)
    {
        _relay?.Set(new Fault(FaultKind.Delay) { Until = () => until, Concerns = IsLsRefs });
        return RefsAsked;
    }

    /// <summary>Starts the primary again, and waits until the node knows.</summary>
    public async Task StartPrimaryAgainAsync()
    {
        if (IsAgent)
        {
            await _station.Sshd.StartAgainAsync();
        }
        else
        {
            _relay!.Set(Fault.None);
        }

        await Eventually.TrueAsync("the outage ends", async () => (await Node.MetricsAsync()).Sum("waystation_outage") == 0);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (SshPerson person in _people)
        {
            person.Dispose();
        }

        if (_node is not null)
        {
            await _node.DisposeAsync();
        }

        if (_relay is not null)
        {
            await _relay.DisposeAsync();
        }

        await _station.DisposeAsync();
    }

    private static bool IsLsRefs(RelayedRequest request) => request.IsLsRefs;

    private string KnownHosts => IsAgent ? _station.KnownHosts : _station.Folder["known_hosts_of_authority"];

    /// <summary>A node that asks over HTTP, through a relay that fails on command.</summary>
    private async Task StartAuthorityAsync(IReadOnlyList<string> options, IReadOnlyDictionary<string, string> environment)
    {
        List<Dictionary<string, string>> keys = [];
        foreach ((SshKey key, string user) in new[] { (_station.Alice, "alice"), (_station.Bob, "bob"), (_station.Mallory, "mallory") })
        {
            string password = _station.Folder[user + ".password"];
            await File.WriteAllTextAsync(password, user + ApachePrimary.PasswordSuffix + "\n");
            keys.Add(
                new()
                {
                    ["key"] = key.PublicLine,
                    ["username"] = user,
                    ["passwordFile"] = password,
                }
            );
        }

        string file = _station.Folder["keys.json"];
        await File.WriteAllTextAsync(file, JsonSerializer.Serialize(keys));
        _relay = FaultyRelay.Start(_station.Web.Url);
        _node = await WaystationNode.StartAsync(
            _relay.Url,
            new NodeSettings
            {
                Options = ["--ssh-listen", "127.0.0.1:0", "--Ssh:KeyAuthority:File", file, .. options],
                Environment = environment,
            }
        );
        string hostKey = await File.ReadAllTextAsync(Path.Combine(_node.DataFolder, "ssh", "host_ed25519_key.pub"));
        await File.WriteAllTextAsync(KnownHosts, $"[127.0.0.1]:{_node.Ssh.Split(':')[1]} {hostKey}");
    }
}
