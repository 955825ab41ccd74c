using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.BadInput;

/// <summary>One client holds many connections open, and others are served as usual.</summary>
public sealed class CrowdedDoorTests : IAsyncLifetime
{
    private static readonly byte[] s_halfHead = Encoding.ASCII.GetBytes(
        "GET /public/crowd.git/info/refs HTTP/1.1\r\nHost: primary\r\nX-Half: "
    );

    private readonly Station _station = new();
    private readonly List<Socket> _held = [];

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        _held.ForEach(socket => socket.Dispose());
        await _station.DisposeAsync();
    }

    [Fact]
    public async Task Clone_IsServedAtOnce_WhileMoreHeadsAreHalfSentThanTheNodeHasDescriptors()
    {
        string program = _station.Folder["few-descriptors"];
        await File.WriteAllTextAsync(program, $"#!/bin/sh\nulimit -n 600\nexec '{Checkout.Program}' \"$@\"\n");
        File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        await _station.StartAsync(new NodeSettings { Program = program });
        PrimaryRepository repository = await _station.Primary.CreateAsync("public/crowd.git", new History(Seed: 131));
        await CloneAsync(repository, "before", TimeSpan.FromSeconds(60));

        await HoldAsync(1_000);
        await CloneAsync(repository, "after", TimeSpan.FromSeconds(15));
        NodeMetrics metrics = await _station.Node.MetricsAsync();
        Assert.InRange(metrics.Sum("waystation_client_connections"), 1, 205);
        Assert.InRange(metrics.Sum("waystation_client_connections_ended_total", "reason=\"ended\""), 700, 1_100);
        Assert.Contains("Clients:MaxConnections", _station.Node.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Connections_OfOneAddress_AreBounded()
    {
        await _station.StartAsync(new NodeSettings { Options = ["--Clients:MaxConnectionsPerAddress", "20"] });
        PrimaryRepository repository = await _station.Primary.CreateAsync("public/crowd.git", new History(Seed: 132));

        await HoldAsync(100);
        await CloneAsync(repository, "after", TimeSpan.FromSeconds(15));
        Assert.InRange((await _station.Node.MetricsAsync()).Sum("waystation_client_connections"), 1, 20);
    }

    [Fact]
    public async Task Connection_IsAcceptedAtOnce_WhenAThousandComeInAMoment()
    {
        await _station.StartAsync(new NodeSettings());
        using (Unix.Pause(_station.Node.ProcessId))
        {
            List<Task> connecting = [];
            for (int i = 0; i < 1_000; i++)
            {
                var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                _held.Add(socket);
                connecting.Add(socket.ConnectAsync(IPAddress.Loopback, _station.Node.Url.Port));
            }

            // The kernel takes them all, though the node does nothing.
            await Task.WhenAll(connecting).WaitAsync(TimeSpan.FromSeconds(10));
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("GET / HT")]
    public async Task Connection_IsEnded_WhenNoRequestComesInTime(string begun)
    {
        await _station.StartAsync(new NodeSettings { Options = ["--Clients:HeadTimeout", "00:00:04"] });
        using RawConnection connection = await RawConnection.OpenAsync(_station.Node.Url);
        await connection.SendAsync(Encoding.ASCII.GetBytes(begun));
        RawAnswer answer = await connection.ReadToEndAsync(TimeSpan.FromSeconds(20));
        Assert.Equal(begun.Length > 0 ? 408 : 0, answer.Status);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\u0016\u0003\u0001\u0002")]
    public async Task Connection_IsEnded_WhenItsHandshakeDoesNot(string begun)
    {
        TlsFiles files = await TlsFiles.CreateAsync(_station.Folder);
        await _station.StartAsync(
            new NodeSettings
            {
                Listen = ["https://127.0.0.1:0"],
                Options = ["--Tls:Certificate", files.Certificate, "--Tls:Key", files.Key, "--Clients:HeadTimeout", "00:00:02"],
            }
        );
        using RawConnection connection = await RawConnection.OpenAsync(_station.Node.Url);
        await connection.SendAsync(Encoding.Latin1.GetBytes(begun));
        // Before the ten seconds that the server gives a handshake by itself.
        Assert.Equal(0, (await connection.ReadToEndAsync(TimeSpan.FromSeconds(9))).Status);
        Assert.Equal(1, (await _station.Node.MetricsAsync()).Sum("waystation_client_connections_ended_total", "reason=\"silent\""));
    }

    [Fact]
    public async Task Reader_IsLetGo_WhenItReadsNothing_AndServed_WhenItIsMerelySlow()
    {
        const long PackLength = 3 << 20;
        await _station.StartAsync(new NodeSettings { Options = ["--Clients:StallTimeout", "00:00:02"] });
        PrimaryRepository repository = await _station.Primary.CreateAsync(
            "public/crowd.git",
            new History(Seed: 133) { Commits = 2, IncompressibleBytes = PackLength }
        );
        await CloneAsync(repository, "before", TimeSpan.FromSeconds(60));
        string tip = await repository.ResolveAsync("refs/heads/main");
        byte[] request = UploadPack.Post(_station.Node.UrlOf(repository), UploadPack.Fetch([tip]));
        var waited = Stopwatch.StartNew();
        for (int i = 0; i < 10; i++)
        {
            await (await OpenAsync()).SendAsync(request);
        }

        // Longer than a stall may last, with a pause after each piece.
        Socket slow = await OpenAsync();
        await slow.SendAsync(request);
        byte[] buffer = new byte[64 * 1024];
        long received = 0;
        while (await slow.ReceiveAsync(buffer) is var read and > 0)
        {
            received += read;
            if (waited.Elapsed < TimeSpan.FromSeconds(6))
            {
                await Task.Delay(100);
            }
        }

        Assert.InRange(received, PackLength, PackLength + (1 << 20));
        await Eventually.TrueAsync("nobody is held", async () => (await _station.Node.MetricsAsync()).Sum("waystation_open_requests") == 0);
        // A reader that reads nothing does not hold its whole pack.
        Assert.Equal(10, Lengths(_station.Node.Log).Count(length => length < PackLength / 2));
        Assert.DoesNotContain(_station.Node.Log.Split('\n'), line => line.Contains("fail:", StringComparison.Ordinal));
    }

    /// <summary>The bytes of each pack served, of the lines that tell of it.</summary>
    private static IEnumerable<long> Lengths(string log) =>
        log.Split('\n')
            .Where(line => line.Contains("[2001]", StringComparison.Ordinal))
            .Select(line => line.Split(" bytes", StringSplitOptions.None)[0].Split(' ')[^1])
            .Select(number => long.Parse(number, CultureInfo.InvariantCulture));

    private async Task HoldAsync(int count)
    {
        for (int i = 0; i < count; i++)
        {
            Socket socket = await OpenAsync();
            try
            {
                await socket.SendAsync(s_halfHead);
            }
            catch (SocketException)
            {
                // Room was made for others.
            }
        }
    }

    private async Task<Socket> OpenAsync()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 8 * 1024 };
        _held.Add(socket);
        await socket.ConnectAsync(IPAddress.Loopback, _station.Node.Url.Port).WaitAsync(TimeSpan.FromSeconds(20));
        return socket;
    }

    private async Task CloneAsync(PrimaryRepository repository, string name, TimeSpan within)
    {
        GitClient client = new GitClient(_station.Folder) with { Timeout = within };
        await client.RunAsync("clone", "--quiet", "--bare", _station.Node.UrlOf(repository).AbsoluteUri, name);
        Assert.Equal(await repository.ResolveAsync("refs/heads/main"), await client.In(name).ReadAsync("rev-parse", "main"));
    }
}
