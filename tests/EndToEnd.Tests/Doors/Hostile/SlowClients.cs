using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Waystation.EndToEnd.Tests.Doors.Hostile;

/// <summary>Clients that hold a connection and give or take as little as they can.</summary>
internal static class SlowClients
{
    private static readonly TimeSpan s_drop = TimeSpan.FromSeconds(1);

    public static Task ReadNothingAsync(Target target, int attack, Random random, CancellationToken over) =>
        HoldAsync(Target.At(target.Plain), attack, target.CloneRequest, [], reads: false, over);

    public static async Task ReadSlowlyAsync(Target target, int attack, Random random, CancellationToken over)
    {
        using Socket socket = await Target.ConnectAsync(attack, Target.At(target.Plain), over);
        await socket.SendAsync(target.CloneRequest, over);
        byte[] drop = new byte[100];
        while (await socket.ReceiveAsync(drop, over) > 0)
        {
            await Task.Delay(s_drop, over);
        }
    }

    public static Task SendBodySlowlyAsync(Target target, int attack, Random random, CancellationToken over)
    {
        string service = random.Next(2) == 0 ? "git-upload-pack" : "git-receive-pack";
        byte[] head = Encoding.ASCII.GetBytes(
            $"POST /{target.Wanted.Name}/{service} HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-{service}-request\r\n"
                + "Content-Length: 1000000\r\n\r\n0"
        );
        return HoldAsync(Target.At(target.Plain), attack, head, "0"u8.ToArray(), reads: false, over);
    }

    public static Task SendHeadSlowlyAsync(Target target, int attack, Random random, CancellationToken over) =>
        HoldAsync(Target.At(target.Plain), attack, "GET / HTTP/1.1\r\nX-Slow: "u8.ToArray(), "x"u8.ToArray(), reads: false, over);

    public static Task SayNothingAsync(Target target, int attack, Random random, CancellationToken over) =>
        HoldAsync(Target.At(random.Next(2) == 0 ? target.Plain : target.Tls), attack, [], [], reads: true, over);

    /// <summary>The beginning of a ClientHello.</summary>
    public static Task HalfHandshakeAsync(Target target, int attack, Random random, CancellationToken over) =>
        HoldAsync(Target.At(target.Tls), attack, [0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3], [], reads: true, over);

    public static Task SayNothingOverSshAsync(Target target, int attack, Random random, CancellationToken over) =>
        HoldAsync(target.Ssh, attack, random.Next(2) == 0 ? [] : "SSH-2.0-slow\r\n"u8.ToArray(), [], reads: true, over);

    private static async Task HoldAsync(EndPoint server, int attack, byte[] first, byte[] drop, bool reads, CancellationToken over)
    {
        using Socket socket = await Target.ConnectAsync(attack, server, over);
        if (first.Length > 0)
        {
            await socket.SendAsync(first, over);
        }

        byte[] said = new byte[1024];
        while (!over.IsCancellationRequested)
        {
            if (reads && await socket.ReceiveAsync(said, over) == 0)
            {
                return;
            }

            await Task.Delay(s_drop, over);
            if (drop.Length > 0)
            {
                await socket.SendAsync(drop, over);
            }
            else if (!reads && socket.Poll(0, SelectMode.SelectError))
            {
                return;
            }
        }
    }
}
