using System.IO.Pipelines;
using BenchmarkDotNet.Attributes;
using Waystation.CacheStore.Packs;
using Waystation.FetchCore.Packs;
using Waystation.GitProtocol.Requests;

namespace Waystation.Micro;

/// <summary>The way of each byte of a kept pack to a client.</summary>
public class PackCopying : IOperations
{
    private const int PackLength = 32 << 20;

    private KeptPack _kept = null!;

    static Operation IOperations.Describe(string method) =>
        new("open a kept answer and write it into a pipe, its blocks checked", PackLength);

    // These block, because BenchmarkDotNet's in-process runner does not await.
    [GlobalSetup]
    public void SetUp() => _kept = KeptPack.MakeAsync(PackLength).GetAwaiter().GetResult();

    [GlobalCleanup]
    public void CleanUp() => _kept.Dispose();

    [Benchmark]
    public long WriteAnswer() => WriteAnswerAsync().GetAwaiter().GetResult();

    private async Task<long> WriteAnswerAsync()
    {
        await using PackReader pack = await _kept.OpenAsync();
        var pipe = new Pipe();
        Task discarding = DiscardAsync(pipe.Reader);
        long written = 0;
        var body = new FetchAnswerBody(pipe.Writer, pack, Inputs.Clone, ResponseFraming.V2, TimeProvider.System, bytes => written += bytes);
        await body.WriteAsync("served by the node", CancellationToken.None);
        await pipe.Writer.CompleteAsync();
        await discarding;
        return written == PackLength ? written : throw new InvalidOperationException($"{written} bytes were written");
    }

    private static async Task DiscardAsync(PipeReader reader)
    {
        while (await reader.ReadAsync() is { IsCompleted: false } read)
        {
            reader.AdvanceTo(read.Buffer.End);
        }

        await reader.CompleteAsync();
    }
}
