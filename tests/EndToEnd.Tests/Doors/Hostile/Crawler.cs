using System.Net;
using System.Net.Sockets;
using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Doors.Hostile;

/// <summary>A stranger that goes through all repositories and asks each in a shape of its own, so that no answer serves another.</summary>
internal static class Crawler
{
    public static async Task AskAsync(Target target, int attack, Random random, CancellationToken over)
    {
        PrimaryRepository repository = target.Many[random.Next(target.Many.Count)];
        string tip = await repository.ResolveAsync("refs/heads/main");
        string[] shapes =
        [
            $"deepen {random.Next(1, 1_000)}",
            $"filter blob:limit={random.Next(1, 1_000_000)}",
            $"filter tree:{random.Next(1, 100)}",
            $"deepen-since {random.Next(1_600_000_000, 1_700_000_000)}",
        ];
        byte[] request = UploadPack.Post(
            target.Plain.To(repository),
            UploadPack.Fetch([tip], random.Next(3) == 0 ? [] : [shapes[random.Next(shapes.Length)]])
        );
        using Socket socket = await Target.ConnectAsync(attack, Target.At(target.Plain), over);
        await socket.SendAsync(request, over);
        byte[] said = new byte[64 * 1024];
        while (await socket.ReceiveAsync(said, over) > 0)
        {
            // The whole answer.
        }
    }
}
