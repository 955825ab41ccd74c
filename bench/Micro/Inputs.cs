using System.Buffers;
using System.Security.Cryptography;
using Waystation.GitProtocol.Advertisements;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.Requests;

namespace Waystation.Micro;

/// <summary>The inputs of the benchmarks: the same in every run.</summary>
internal static class Inputs
{
    /// <summary>The request of <c>git clone</c> for a repository with two branches.</summary>
    public static FetchRequest Clone { get; } =
        new()
        {
            Wants = [Id(1), Id(2)],
            ThinPack = true,
            OfsDelta = true,
            IncludeTag = true,
            Pack = PackWhen.AtOnce,
        };

    /// <summary>The last round of <c>git fetch</c>: one new tip, and 256 haves.</summary>
    public static FetchRequest Fetch { get; } = Clone with { Wants = [Id(1)], Haves = [.. Enumerable.Range(1000, 256).Select(Id)] };

    /// <summary>How git's own client wants to hear the response in v0.</summary>
    public static ResponseFraming FramingV0 { get; } = new() { ProtocolVersion = 0, MultiAck = MultiAck.Detailed };

    public const string Agent = "git/2.39.5";

    /// <summary>In every other ref a tag, annotated.</summary>
    public static IReadOnlyList<RefTip> Tips { get; } =
    [
        .. Enumerable
            .Range(0, 1000)
            .Select(static number =>
                number % 2 == 0
                    ? new RefTip($"refs/heads/team-{number % 7}/feature-{number:D4}", Id(number), null, null)
                    : new RefTip($"refs/tags/v1.{number}", Id(number), Id(number + 5000), null)
            ),
    ];

    public static ObjectId Id(int number) =>
        ObjectId.FromRaw(SHA256.HashData(BitConverter.GetBytes(number)).AsSpan(0, ObjectFormat.Sha1.DigestLength));

    /// <summary>Bytes without a pattern.</summary>
    public static byte[] Noise(int length)
    {
        byte[] bytes = new byte[length];
        new Random(1).NextBytes(bytes);
        return bytes;
    }

    /// <summary>The output of a writer.</summary>
    public static byte[] Written(Action<IBufferWriter<byte>> write)
    {
        var writer = new ArrayBufferWriter<byte>();
        write(writer);
        return writer.WrittenSpan.ToArray();
    }
}
