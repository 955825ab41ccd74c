namespace Waystation.TestKit.Servers;

/// <summary>HAProxy that passes bytes (<c>mode tcp</c>) and says by the PROXY protocol from where they come.</summary>
public sealed class HaproxyTcp : IAsyncDisposable
{
    /// <summary>The address from which it connects to the server.</summary>
    public const string Source = "127.0.0.2";

    private readonly TempFolder _folder = new();
    private readonly int[] _ports;
    private ListeningProcess? _process;

    private HaproxyTcp(int[] ports) => _ports = ports;

    /// <param name="ways">For each port of its own: the server's host and port, and the words behind it, such as <c>send-proxy</c>.</param>
    public static async Task<HaproxyTcp> StartAsync(params IReadOnlyList<(string Server, string Words)> ways)
    {
        var balancer = new HaproxyTcp([.. ways.Select(static _ => FreePort.Find())]);
        try
        {
            await balancer.LaunchAsync(ways);
            return balancer;
        }
        catch
        {
            await balancer.DisposeAsync();
            throw;
        }
    }

    /// <summary>The port of the way with this number.</summary>
    public int Port(int way) => _ports[way];

    public ValueTask DisposeAsync()
    {
        _process?.Dispose();
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task LaunchAsync(IReadOnlyList<(string Server, string Words)> ways)
    {
        IEnumerable<string> listens = ways.Select(
            (way, i) =>
                $"""
                    listen way{i}
                        bind 127.0.0.1:{_ports[i]}
                        server node {way.Server} source {Source} {way.Words}

                    """
        );
        await File.WriteAllTextAsync(
            _folder["haproxy.cfg"],
            $"""
            defaults
                mode tcp
                timeout connect 5s
                timeout client 1m
                timeout server 1m

            {string.Join('\n', listens)}
            """
        );
        _process = await ListeningProcess.StartAsync(
            "HAProxy",
            new Command("haproxy", "-db", "-f", _folder["haproxy.cfg"])
            {
                Environment = new Dictionary<string, string> { ["PATH"] = $"{Environment.GetEnvironmentVariable("PATH")}:/usr/sbin" },
            },
            _ports[^1]
        );
    }
}
