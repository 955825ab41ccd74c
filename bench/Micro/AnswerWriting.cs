using System.Buffers;
using BenchmarkDotNet.Attributes;
using Waystation.GitProtocol.Fetching;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.PktLines;

namespace Waystation.Micro;

/// <summary>The frame around a pack: written for a client, and taken off the primary's answer.</summary>
public class AnswerWriting : IOperations
{
    private const int Packets = 16;

    private static readonly byte[] Pack = Inputs.Noise(Packets * Sideband.MaxBandPayload);
    private static readonly byte[] Bands = Inputs.Written(static writer => Sideband.Write(writer, Sideband.PackData, Pack));
    private static readonly FetchPrologue Shallow = new() { HasShallowInfo = true, Shallow = [.. Enumerable.Range(0, 100).Select(Inputs.Id)] };
    private static readonly byte[] Prologue = Inputs.Written(static writer => FetchAnswerWriter.WritePrologueV2(writer, Shallow, sidebandAll: false));

    private readonly ArrayBufferWriter<byte> writer = new(Bands.Length + 65_536);

    static Operation IOperations.Describe(string method) => method switch
    {
        nameof(WriteBands) => new("write a pack in packets of 64 KiB, by copying", Pack.Length),
        nameof(ReadBands) => new("find the packets of 64 KiB in an answer, their content untouched", Bands.Length),
        nameof(WritePrologue) => new("write a prologue with 100 shallow lines", Prologue.Length),
        _ => new("read a prologue with 100 shallow lines", Prologue.Length),
    };

    [Benchmark]
    public int WriteBands()
    {
        writer.ResetWrittenCount();
        Sideband.Write(writer, Sideband.PackData, Pack);
        return writer.WrittenCount;
    }

    [Benchmark]
    public long ReadBands()
    {
        var buffer = new ReadOnlySequence<byte>(Bands);
        long length = 0;
        while (FetchAnswerReader.TryReadBand(ref buffer, out BandLine band))
            length += band.Payload.Length;
        return length;
    }

    [Benchmark]
    public int WritePrologue()
    {
        writer.ResetWrittenCount();
        FetchAnswerWriter.WritePrologueV2(writer, Shallow, sidebandAll: false);
        return writer.WrittenCount;
    }

    [Benchmark]
    public object? ReadPrologue()
    {
        var buffer = new ReadOnlySequence<byte>(Prologue);
        FetchAnswerReader.TryReadPrologue(ref buffer, ObjectFormat.Sha1, sidebandAll: false, out FetchPrologue? prologue);
        return prologue;
    }
}
