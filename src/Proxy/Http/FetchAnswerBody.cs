using System.IO.Pipelines;
using Waystation.CacheStore.Packs;
using Waystation.GitProtocol.Fetching;
using Waystation.GitProtocol.PktLines;

namespace Waystation.Proxy.Http;

/// <summary>
/// Writes an answer to a fetch: the sections, one line that says who served it, and the pack in sideband 1.
/// <code>
///   pack file ──read──► the response pipe's own memory ──► socket
///                       [len|1|payload][len|1|payload]…   flushed once a whole block agreed with its sum
/// </code>
/// Bytes of the pack are copied nowhere in between.
/// </summary>
internal sealed class FetchAnswerBody(PipeWriter output, PackReader pack, FetchRequest request, TimeProvider time)
{
    /// <summary>git's own default for uploadpack.keepAlive.</summary>
    private static readonly TimeSpan s_keepalive = TimeSpan.FromSeconds(5);

    /// <summary>Pack bytes written so far.</summary>
    public long Bytes { get; private set; }

    /// <summary>Writes all of it.</summary>
    /// <param name="servedBy">What the person waiting is told, unless that was not asked for.</param>
    /// <param name="cancellationToken">The client's.</param>
    /// <exception cref="IOException">The answer broke off; what was written must not end as if it were whole.</exception>
    public async Task WriteAsync(string servedBy, CancellationToken cancellationToken)
    {
        FetchAnswerWriter.WritePrologueV2(output, pack.Prologue, request.SidebandAll);
        if (!request.NoProgress)
        {
            FetchAnswerWriter.WriteProgress(output, servedBy);
        }

        while (true)
        {
            PackStep step = await NextAsync(cancellationToken);
            switch (step.Kind)
            {
                case PackStepKind.End:
                    FetchAnswerWriter.WriteEnd(output);
                    await FlushAsync(cancellationToken);
                    return;
                case PackStepKind.Progress:
                    if (!request.NoProgress)
                    {
                        Sideband.Write(output, Sideband.Progress, step.Text.Span);
                        await FlushAsync(cancellationToken);
                    }

                    break;
                case PackStepKind.Bytes:
                    await WriteBandsAsync(step.Length, cancellationToken);
                    pack.Verify();
                    await FlushAsync(cancellationToken);
                    break;
            }
        }
    }

    /// <summary>Tells the source's last words, as it would have itself.</summary>
    public async Task WriteErrorAsync(string message, CancellationToken cancellationToken)
    {
        Sideband.Write(output, Sideband.Error, System.Text.Encoding.UTF8.GetBytes(message));
        await FlushAsync(cancellationToken);
    }

    private async ValueTask WriteBandsAsync(int length, CancellationToken cancellationToken)
    {
        while (length > 0)
        {
            int payload = Math.Min(length, Sideband.MaxBandPayload);
            Memory<byte> packet = output.GetMemory(Sideband.HeaderLength + payload)[..(Sideband.HeaderLength + payload)];
            Sideband.WriteHeader(packet.Span, Sideband.PackData, payload);
            await pack.ReadAsync(packet[Sideband.HeaderLength..], cancellationToken);
            output.Advance(packet.Length);
            Bytes += payload;
            length -= payload;
        }
    }

    private async ValueTask<PackStep> NextAsync(CancellationToken cancellationToken)
    {
        ValueTask<PackStep> next = pack.NextAsync(cancellationToken);
        if (next.IsCompleted)
        {
            return await next;
        }

        Task<PackStep> waiting = next.AsTask();
        await FlushAsync(cancellationToken);
        while (true)
        {
            try
            {
                return await waiting.WaitAsync(s_keepalive, time, cancellationToken);
            }
            catch (TimeoutException)
            {
                Sideband.Write(output, Sideband.PackData, []);
                await FlushAsync(cancellationToken);
            }
        }
    }

    private async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        FlushResult flushed = await output.FlushAsync(cancellationToken);
        if (flushed.IsCompleted || flushed.IsCanceled)
        {
            throw new OperationCanceledException("the client has left");
        }
    }
}
