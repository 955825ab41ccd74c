using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Doors;

/// <summary>
/// The primary's address leads to the node by a forwarded port, which the node cannot see at its start: the user of git reads why it fails,
/// over HTTP and SSH, and nothing goes in circles.
/// </summary>
public sealed class LoopTests : IAsyncLifetime
{
    private readonly TempFolder _folder = new();
    private readonly ForwardedPort _http = new();
    private readonly ForwardedPort _ssh = new();
    private WaystationNode? _node;

    private WaystationNode Node => _node ?? throw new InvalidOperationException("not started");

    public async Task InitializeAsync()
    {
        SshKey host = await SshKey.CreateAsync(_folder["host"]);
        SshKey own = await SshKey.CreateAsync(_folder["own"]);
        SshKey alice = await SshKey.CreateAsync(_folder["alice"]);
        await File.WriteAllTextAsync(
            _folder["known_hosts"],
            $"[127.0.0.1]:{_ssh.Target} {host.PublicLine}\n[127.0.0.1]:{_ssh.Port} {host.PublicLine}\n"
        );
        // The node's own key is let in as well: nothing but the mark ends the loop.
        await File.WriteAllTextAsync(
            _folder["keys.json"],
            JsonSerializer.Serialize(
                new[] { alice, own }.Select(key => new Dictionary<string, string>
                {
                    ["key"] = key.PublicLine,
                    ["sshKeyFile"] = own.PrivateFile,
                })
            )
        );
        _node = await WaystationNode.StartAsync(
            new Uri($"http://127.0.0.1:{_http.Port}"),
            new NodeSettings
            {
                Listen = [$"http://127.0.0.1:{_http.Target}"],
                Options =
                [
                    "--ssh-listen",
                    $"127.0.0.1:{_ssh.Target}",
                    "--primary-ssh",
                    $"ssh://{Environment.UserName}@127.0.0.1:{_ssh.Port}",
                    "--Primaries:0:SshKnownHosts",
                    _folder["known_hosts"],
                    "--Ssh:HostKeys",
                    host.PrivateFile,
                    "--Ssh:KeyAuthority:File",
                    _folder["keys.json"],
                ],
            }
        );
    }

    public async Task DisposeAsync()
    {
        if (_node is not null)
        {
            await _node.DisposeAsync();
        }

        await _http.DisposeAsync();
        await _ssh.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Git_IsToldOfTheLoop_OverHttpAndSsh()
    {
        GitClient git = new(_folder);
        CommandResult http = await git.TryAsync("clone", $"{Node.Url}team/tool.git", "http");
        Assert.Contains($"the address of 127.0.0.1:{_http.Port} leads back to this node", http.Error, StringComparison.Ordinal);
        Assert.Equal(1, _http.Connections);

        var user = new SshUser { KnownHosts = _folder["known_hosts"], KeyFiles = [_folder["alice"]] };
        foreach (int version in (int[])[0, 2])
        {
            CommandResult ssh = await (git with { Variables = user.Variables })
                .Speaking(version)
                .TryAsync("clone", $"ssh://{Environment.UserName}@{Node.Ssh}/team/tool.git", $"ssh{version}");
            Assert.NotEqual(0, ssh.ExitCode);
            Assert.Contains("the primary's SSH address leads back to this node", ssh.Error, StringComparison.Ordinal);
        }
    }

    /// <summary>A port that a machine in front forwards to the node.</summary>
    private sealed class ForwardedPort : IAsyncDisposable
    {
        private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        private readonly CancellationTokenSource _end = new();
        private readonly List<Task> _ways = [];
        private readonly Task _accepting;

        public ForwardedPort()
        {
            _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            _listener.Listen();
            _accepting = AcceptAsync();
        }

        /// <summary>The forwarded port.</summary>
        public int Port => ((IPEndPoint)_listener.LocalEndPoint!).Port;

        /// <summary>The node's own port.</summary>
        public int Target { get; } = FreePort.Find();

        public int Connections { get; private set; }

        public async ValueTask DisposeAsync()
        {
            await _end.CancelAsync();
            _listener.Dispose();
            await _accepting;
            await Task.WhenAll(_ways);
            _end.Dispose();
        }

        private async Task AcceptAsync()
        {
            try
            {
                while (true)
                {
                    Socket client = await _listener.AcceptAsync(_end.Token);
                    Connections++;
                    _ways.Add(CarryAsync(client));
                }
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                // The end of the test.
            }
        }

        private async Task CarryAsync(Socket client)
        {
            using var near = new NetworkStream(client, ownsSocket: true);
            using var node = new TcpClient();
            try
            {
                await node.ConnectAsync(IPAddress.Loopback, Target, _end.Token);
                NetworkStream far = node.GetStream();
                await Task.WhenAny(near.CopyToAsync(far, _end.Token), far.CopyToAsync(near, _end.Token));
            }
            catch (Exception e) when (e is IOException or SocketException or OperationCanceledException)
            {
                // One side is gone.
            }
        }
    }
}
