using System.Buffers.Binary;
using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Mirrors.Histories;

/// <summary>A pack that git took apart: its objects, and the objects that it needs and does not have.</summary>
internal sealed record ReceivedPack(IReadOnlySet<string> Sent, IReadOnlySet<string> Bases)
{
    private const int FanOut = 8,
        Ids = FanOut + (256 * 4),
        DigestLength = 20;

    /// <summary>Indexes the pack in a repository that knows every object there ever was.</summary>
    public static async Task<ReceivedPack> OpenAsync(GitClient all, byte[] pack)
    {
        string file = Path.Combine(all.Folder, Path.GetRandomFileName() + ".pack");
        await (
            all.Git("index-pack", "--stdin", "--fix-thin", file) with
            {
                Input = stream => stream.WriteAsync(pack).AsTask(),
            }
        ).MustRunAsync();
        byte[] index = await File.ReadAllBytesAsync(Path.ChangeExtension(file, ".idx"));
        foreach (string made in Directory.GetFiles(all.Folder, Path.GetFileNameWithoutExtension(file) + ".*"))
        {
            File.Delete(made);
        }

        // gitformat-pack(5), version 2: the fan-out, then sorted ids, CRCs, offsets. The objects that complete a thin pack come last.
        int count = BinaryPrimitives.ReadInt32BigEndian(index.AsSpan(Ids - 4)),
            sent = BinaryPrimitives.ReadInt32BigEndian(pack.AsSpan(8));
        int offsets = Ids + (count * (DigestLength + 4));
        string[] byOffset =
        [
            .. Enumerable
                .Range(0, count)
                .OrderBy(at => BinaryPrimitives.ReadInt32BigEndian(index.AsSpan(offsets + (at * 4))))
                .Select(at => Convert.ToHexStringLower(index.AsSpan(Ids + (at * DigestLength), DigestLength))),
        ];
        return new ReceivedPack(byOffset[..sent].ToHashSet(StringComparer.Ordinal), byOffset[sent..].ToHashSet(StringComparer.Ordinal));
    }
}
