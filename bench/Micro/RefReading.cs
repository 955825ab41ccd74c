using BenchmarkDotNet.Attributes;
using Waystation.GitProtocol.Advertisements;
using Waystation.GitProtocol.Objects;

namespace Waystation.Micro;

/// <summary>Looking over the shoulder of a primary that shows its refs, in pieces as the network brings them.</summary>
public class RefReading : IOperations
{
    private const int Piece = 16 * 1024;

    private static readonly byte[] s_lsRefs = Inputs.Written(static writer => LsRefsResponseWriter.Write(writer, Inputs.Tips, null));
    private static readonly byte[] s_infoRefs = Inputs.Written(static writer =>
        InfoRefsWriter.Write(
            writer,
            0,
            Inputs.Tips,
            "multi_ack_detailed thin-pack side-band-64k ofs-delta shallow agent=git/2.39.5",
            [],
            ObjectFormat.Sha1
        )
    );

    static Operation IOperations.Describe(string method) =>
        method switch
        {
            nameof(ReadLsRefs) => new("read an `ls-refs` answer of 1,000 refs", s_lsRefs.Length),
            _ => new("read an `info/refs` answer of 1,000 refs, v0", s_infoRefs.Length),
        };

    [Benchmark]
    public object ReadLsRefs() => ReadAll(new LsRefsReader(ObjectFormat.Sha1), s_lsRefs);

    [Benchmark]
    public object ReadInfoRefs() => ReadAll(new InfoRefsReader(), s_infoRefs);

    private static StreamTap ReadAll(StreamTap reader, byte[] answer)
    {
        for (int at = 0; at < answer.Length; at += Piece)
        {
            reader.Read(answer.AsSpan(at, Math.Min(Piece, answer.Length - at)));
        }

        return reader.IsComplete ? reader : throw new InvalidOperationException("the answer was not understood");
    }
}
