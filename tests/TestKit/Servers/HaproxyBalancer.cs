using System.Net.Sockets;
using System.Text;

namespace Waystation.TestKit.Servers;

/// <summary>HAProxy as docs/farm.md sets it up, with its looks at <c>/readyz</c> close together so that tests need not wait.</summary>
public sealed class HaproxyBalancer : IBalancer
{
    private readonly TempFolder _folder = new();
    private readonly int _http = FreePort.Find();
    private readonly int _ssh = FreePort.Find();
    private ListeningProcess? _process;

    private HaproxyBalancer() { }

    public Uri Url => new($"http://127.0.0.1:{_http}/");

    public string Ssh => $"127.0.0.1:{_ssh}";

    /// <param name="nodes">All nodes that may come; a node that does not run gets nothing.</param>
    public static async Task<HaproxyBalancer> StartAsync(IReadOnlyList<NodeAddresses> nodes)
    {
        var balancer = new HaproxyBalancer();
        try
        {
            await balancer.LaunchAsync(nodes);
            return balancer;
        }
        catch
        {
            await balancer.DisposeAsync();
            throw;
        }
    }

    /// <summary>
    /// Waits until HAProxy has seen by its own looks that it may again send requests to a node, or that it must not; then also until the
    /// last one has ended.
    /// </summary>
    /// <param name="node">Its place among the nodes.</param>
    /// <param name="isUsed">Whether it gets requests.</param>
    public Task SeesAsync(int node, bool isUsed) =>
        Eventually.TrueAsync(
            $"HAProxy sends {(isUsed ? "" : "no ")}requests to node {node}",
            async () =>
            {
                // CSV: the name of the server is in the second column, its sessions are in the fifth, its status is in the eighteenth.
                string[] lines = (await AskAsync("show stat\n")).Split('\n');
                string[][] servers =
                [
                    .. lines.Select(static line => line.Split(',')).Where(fields => fields.Length > 17 && fields[1] == $"node{node + 1}"),
                ];
                return servers.Length == 2
                    && servers.All(fields => fields[17].StartsWith("UP", StringComparison.Ordinal) == isUsed)
                    && (isUsed || servers.All(static fields => fields[4] == "0"));
            }
        );

    public ValueTask DisposeAsync()
    {
        _process?.Dispose();
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task<string> AskAsync(string question)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(_folder["stats"]));
        await socket.SendAsync(Encoding.ASCII.GetBytes(question));
        using var reader = new StreamReader(new NetworkStream(socket));
        return await reader.ReadToEndAsync();
    }

    private async Task LaunchAsync(IReadOnlyList<NodeAddresses> nodes)
    {
        await File.WriteAllTextAsync(
            _folder["haproxy.cfg"],
            $"""
            global
                stats socket {_folder["stats"]} mode 600

            defaults
                mode http
                timeout connect 2s
                timeout http-request 20s
                timeout http-keep-alive 1m
                timeout client 10m
                timeout server 10m
                timeout check 5s
                # A node that takes no connection is left out at once, before the next look at it.
                retries 3
                option redispatch 1
                option httpchk
                http-check send meth GET uri /readyz ver HTTP/1.1 hdr Host 127.0.0.1
                default-server check inter 200ms fall 2 rise 1

            frontend git
                bind 127.0.0.1:{_http}
                option forwardfor
                http-request del-header X-Forwarded-Host
                # Nodes reach each other directly.
                http-request deny deny_status 404 if {"{ path_beg /.waystation/farm/ }"}
                default_backend nodes

            backend nodes
                balance roundrobin
            {Servers(node => node.Url["http://".Length..])}

            listen ssh
                mode tcp
                bind 127.0.0.1:{_ssh}
                timeout client 1h
                timeout server 1h
                balance roundrobin
            {Servers(static node => node.SshAddress)}

            """
        );
        _process = await ListeningProcess.StartAsync(
            "HAProxy",
            new Command("haproxy", "-db", "-f", _folder["haproxy.cfg"])
            {
                Environment = new Dictionary<string, string> { ["PATH"] = $"{Environment.GetEnvironmentVariable("PATH")}:/usr/sbin" },
            },
            _http
        );

        string Servers(Func<NodeAddresses, string> address) =>
            string.Join('\n', nodes.Select((node, i) => $"    server node{i + 1} {address(node)} port {node.Admin}"));
    }
}
