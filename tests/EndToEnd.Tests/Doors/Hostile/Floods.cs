using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;

namespace Waystation.EndToEnd.Tests.Doors.Hostile;

/// <summary>Clients that come as often as they can, with requests, with nothing or with rubbish.</summary>
internal static class Floods
{
    private const int Burst = 20;

    public static async Task ConnectAsync(Target target, int attack, Random random, CancellationToken over)
    {
        for (int i = 0; i < Burst; i++)
        {
            using Socket socket = await Target.ConnectAsync(attack, Target.At(random.Next(2) == 0 ? target.Plain : target.Tls), over);
            if (random.Next(2) == 0)
            {
                socket.LingerState = new LingerOption(enable: true, seconds: 0);
            }
        }
    }

    /// <summary>Requests under names that are made up, on one connection, without waiting for answers.</summary>
    public static async Task AskAsync(Target target, int attack, Random random, CancellationToken over)
    {
        using Socket socket = await Target.ConnectAsync(attack, Target.At(target.Plain), over);
        var requests = new StringBuilder();
        for (int i = 0; i < Burst; i++)
        {
            string login = random.Next(3) == 0 ? "" : $"Authorization: Bearer {random.NextInt64():x}\r\n";
            requests
                .Append($"GET /{target.Wanted.Name}/info/refs?service=git-upload-pack HTTP/1.1\r\n")
                .Append($"Host: a\r\nGit-Protocol: version=2\r\n{login}\r\n");
        }

        await socket.SendAsync(Encoding.ASCII.GetBytes(requests.ToString()), over);
        socket.Shutdown(SocketShutdown.Send);
        await DrainAsync(socket, over);
    }

    public static Task SendRandomBytesAsync(Target target, int attack, Random random, CancellationToken over) =>
        SendRubbishAsync(Target.At(random.Next(2) == 0 ? target.Plain : target.Tls), attack, random, over);

    public static Task SendRandomBytesOverSshAsync(Target target, int attack, Random random, CancellationToken over) =>
        SendRubbishAsync(target.Ssh, attack, random, over);

    public static async Task SendRandomBytesOverTlsAsync(Target target, int attack, Random random, CancellationToken over)
    {
        await using SslStream stream = await target.ConnectHttp2Async(attack, over);
        if (random.Next(2) == 0)
        {
            await stream.WriteAsync("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray(), over);
        }

        await stream.WriteAsync(Rubbish(random), over);
        byte[] said = new byte[4096];
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(over);
        patience.CancelAfter(TimeSpan.FromSeconds(1));
        while (await stream.ReadAsync(said, patience.Token) > 0)
        {
            // Until the node has said all.
        }
    }

    private static async Task SendRubbishAsync(EndPoint server, int attack, Random random, CancellationToken over)
    {
        using Socket socket = await Target.ConnectAsync(attack, server, over);
        await socket.SendAsync(Rubbish(random), over);
        socket.Shutdown(SocketShutdown.Send);
        await DrainAsync(socket, over);
    }

    private static byte[] Rubbish(Random random)
    {
        byte[] bytes = new byte[random.Next(1, 4_000)];
        random.NextBytes(bytes);
        byte[] begun = random.Next(4) switch
        {
            0 => "GET / HTTP/1.1\r\n"u8.ToArray(),
            1 => "PROXY TCP4 "u8.ToArray(),
            2 => [0x16, 3, 1],
            _ => [],
        };
        return [.. begun, .. bytes];
    }

    private static async Task DrainAsync(Socket socket, CancellationToken over)
    {
        byte[] said = new byte[16 * 1024];
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(over);
        patience.CancelAfter(TimeSpan.FromSeconds(5));
        while (await socket.ReceiveAsync(said, patience.Token) > 0)
        {
            // Until the node has said all.
        }
    }
}
