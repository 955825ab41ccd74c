using System.Buffers;
using BenchmarkDotNet.Attributes;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.PktLines;
using Waystation.GitProtocol.Responses;

namespace Waystation.Micro;

/// <summary>The frame around a pack: written for a client, and taken off the primary's answer.</summary>
public class AnswerWriting : IOperations
{
    private const int Packets = 16;

    private static readonly byte[] s_pack = Inputs.Noise(Packets * Sideband.MaxBandPayload);
    private static readonly byte[] s_bands = Inputs.Written(static writer => Sideband.Write(writer, Sideband.PackData, s_pack));
    private static readonly FetchPrologue s_shallow = new()
    {
        HasShallowInfo = true,
        Shallow = [.. Enumerable.Range(0, 100).Select(Inputs.Id)],
    };
    private static readonly byte[] s_prologue = Inputs.Written(static writer =>
        FetchResponseWriter.WritePrologueV2(writer, s_shallow, sidebandAll: false)
    );

    private readonly ArrayBufferWriter<byte> _writer = new(s_bands.Length + 65_536);

    static Operation IOperations.Describe(string method) =>
        method switch
        {
            nameof(WriteBands) => new("write a pack in packets of 64 KiB, by copying", s_pack.Length),
            nameof(ReadBands) => new("find the packets of 64 KiB in an answer, their content untouched", s_bands.Length),
            nameof(WritePrologue) => new("write a prologue with 100 shallow lines", s_prologue.Length),
            _ => new("read a prologue with 100 shallow lines", s_prologue.Length),
        };

    [Benchmark]
    public int WriteBands()
    {
        _writer.ResetWrittenCount();
        Sideband.Write(_writer, Sideband.PackData, s_pack);
        return _writer.WrittenCount;
    }

    [Benchmark]
    public long ReadBands()
    {
        var buffer = new ReadOnlySequence<byte>(s_bands);
        long length = 0;
        while (FetchResponseReader.TryReadBand(ref buffer, out BandLine band))
        {
            length += band.Payload.Length;
        }

        return length;
    }

    [Benchmark]
    public int WritePrologue()
    {
        _writer.ResetWrittenCount();
        FetchResponseWriter.WritePrologueV2(_writer, s_shallow, sidebandAll: false);
        return _writer.WrittenCount;
    }

    [Benchmark]
    public object? ReadPrologue()
    {
        var buffer = new ReadOnlySequence<byte>(s_prologue);
        FetchResponseReader.TryReadPrologue(ref buffer, ObjectFormat.Sha1, sidebandAll: false, out FetchPrologue? prologue);
        return prologue;
    }
}
