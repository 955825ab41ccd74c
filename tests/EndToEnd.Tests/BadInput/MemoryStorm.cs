using System.Text;
using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.BadInput;

/// <summary>Many large requests at once, and a look at the memory of the node while they go on and after them.</summary>
internal static class MemoryStorm
{
    public const long Mebibyte = 1 << 20;

    /// <summary>The budget, what the collector has not yet looked at, and what the server needs for its connections.</summary>
    private const long Most = 400 * Mebibyte;

    private const long Left = 100 * Mebibyte;

    /// <summary>Runs the storm against a node that has served everything once.</summary>
    public static async Task RunAsync(WaystationNode node, Func<Task> storm)
    {
        long idle = node.ResidentBytes;
        node.ForgetPeak();
        await storm();
        long taken = node.PeakResidentBytes - idle;
        Assert.True(taken <= Most, $"the storm took {taken / Mebibyte} MiB");
        await Eventually.TrueAsync("memory is given back", () => node.ResidentBytes - idle <= Left, TimeSpan.FromSeconds(15));
    }

    /// <summary>Lines of haves of objects that nobody has.</summary>
    public static string Haves(int seed, int count)
    {
        byte[] digests = new byte[count * 20];
        new Random(seed).NextBytes(digests);
        var text = new StringBuilder(count * 50);
        for (int at = 0; at < digests.Length; at += 20)
        {
            text.Append("0032have ").Append(Convert.ToHexStringLower(digests, at, 20)).Append('\n');
        }

        return text.ToString();
    }
}
