using System.Buffers;
using BenchmarkDotNet.Attributes;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.Requests;

namespace Waystation.Micro;

/// <summary>From the bytes of a request to its record.</summary>
public class RequestReading : IOperations
{
    private static readonly byte[] s_cloneV2 = Inputs.Written(static writer =>
        FetchRequestWriter.WriteV2(writer, Inputs.Clone, ResponseFraming.V2, Inputs.Agent, sayObjectFormat: true)
    );
    private static readonly byte[] s_fetchV2 = Inputs.Written(static writer =>
        FetchRequestWriter.WriteV2(writer, Inputs.Fetch, ResponseFraming.V2, Inputs.Agent, sayObjectFormat: true)
    );
    private static readonly byte[] s_cloneV0 = Inputs.Written(static writer =>
        FetchRequestWriter.WriteV0(writer, Inputs.Clone, Inputs.FramingV0, Inputs.Agent)
    );
    private static readonly byte[] s_fetchV0 = Inputs.Written(static writer =>
        FetchRequestWriter.WriteV0(writer, Inputs.Fetch, Inputs.FramingV0, Inputs.Agent)
    );

    static Operation IOperations.Describe(string method) =>
        method switch
        {
            nameof(ReadCloneV2) => new("read a clone's request, v2", s_cloneV2.Length),
            nameof(ReadFetchV2) => new("read a fetch's request with 256 haves, v2", s_fetchV2.Length),
            nameof(ReadCloneV0) => new("read a clone's request, v0", s_cloneV0.Length),
            _ => new("read a fetch's request with 256 haves, v0", s_fetchV0.Length),
        };

    [Benchmark]
    public object ReadCloneV2() => Understood(CommandParser.Parse(new ReadOnlySequence<byte>(s_cloneV2)));

    [Benchmark]
    public object ReadFetchV2() => Understood(CommandParser.Parse(new ReadOnlySequence<byte>(s_fetchV2)));

    [Benchmark]
    public object ReadCloneV0() => Understood(FetchRequestV0Parser.Parse(new ReadOnlySequence<byte>(s_cloneV0), 0, ObjectFormat.Sha1));

    [Benchmark]
    public object ReadFetchV0() => Understood(FetchRequestV0Parser.Parse(new ReadOnlySequence<byte>(s_fetchV0), 0, ObjectFormat.Sha1));

    private static FetchRequest Understood(ParsedCommand command) =>
        command is ParsedCommand.Fetch(var request, _) ? request : throw new InvalidOperationException("the request was not understood");
}
