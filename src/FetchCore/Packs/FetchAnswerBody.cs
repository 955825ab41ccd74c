using System.IO.Pipelines;
using Waystation.CacheStore.Packs;
using Waystation.GitProtocol.PktLines;
using Waystation.GitProtocol.Requests;
using Waystation.GitProtocol.Responses;

namespace Waystation.FetchCore.Packs;

/// <summary>
/// Writes an answer to a fetch into whatever leads to the client, as the client's version wants it: what is said first, one
/// line that says who served it, and the pack.
/// <code>
///   pack file ──read──► the pipe's own memory ──► socket
///                       [len|1|payload][len|1|payload]…   or the bare pack; flushed once a whole block agreed with its sum
/// </code>
/// Bytes of the pack are copied nowhere in between. It neither completes the pipe nor disposes the reader.
/// </summary>
/// <param name="output">Where to.</param>
/// <param name="pack">What; its prologue must be known.</param>
/// <param name="request">What this client asked.</param>
/// <param name="framing">How it wants to hear the answer.</param>
/// <param name="time">For the keepalives.</param>
public sealed class FetchAnswerBody(PipeWriter output, PackReader pack, FetchRequest request, ResponseFraming framing, TimeProvider time)
{
    /// <summary>git's own default for uploadpack.keepAlive.</summary>
    private static readonly TimeSpan s_keepalive = TimeSpan.FromSeconds(5);

    private readonly ResponseCodec _codec = new(request, framing);

    /// <summary>Pack bytes written so far.</summary>
    public long Bytes { get; private set; }

    /// <summary>Whether <see cref="WriteErrorAsync"/> can tell this client anything; else the connection has to break.</summary>
    public bool CanTellErrors => _codec.HasBands;

    /// <summary>Writes all of it.</summary>
    /// <param name="servedBy">What the person waiting is told, unless that was not asked for.</param>
    /// <param name="cancellationToken">The client's.</param>
    /// <exception cref="IOException">The answer broke off; what was written must not end as if it were whole.</exception>
    public async Task WriteAsync(string servedBy, CancellationToken cancellationToken)
    {
        _codec.WritePrologue(output, pack.Prologue);
        _codec.WriteProgress(output, servedBy);
        while (true)
        {
            PackStep step = await NextAsync(cancellationToken);
            switch (step.Kind)
            {
                case PackStepKind.End:
                    _codec.WriteEnd(output);
                    await FlushAsync(cancellationToken);
                    return;
                case PackStepKind.Progress:
                    if (_codec.HasProgress)
                    {
                        _codec.WriteProgress(output, step.Text.Span);
                        await FlushAsync(cancellationToken);
                    }

                    break;
                case PackStepKind.Bytes:
                    await WritePackAsync(step.Length, cancellationToken);
                    pack.Verify();
                    await FlushAsync(cancellationToken);
                    break;
            }
        }
    }

    /// <summary>Tells the source's last words, as it would have itself.</summary>
    public async Task WriteErrorAsync(string message, CancellationToken cancellationToken)
    {
        _codec.WriteError(output, message);
        await FlushAsync(cancellationToken);
    }

    private async ValueTask WritePackAsync(int length, CancellationToken cancellationToken)
    {
        while (length > 0)
        {
            int payload = Math.Min(length, _codec.MaxPayload);
            Memory<byte> packet = output.GetMemory(Sideband.HeaderLength + payload);
            int header = _codec.WritePackHeader(packet.Span, payload);
            await pack.ReadAsync(packet.Slice(header, payload), cancellationToken);
            output.Advance(header + payload);
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
                _codec.WriteKeepalive(output);
                await FlushAsync(cancellationToken);
            }
        }
    }

    private async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        FlushResult flushed = await output.FlushAsync(cancellationToken);
        if (flushed.IsCompleted || flushed.IsCanceled)
        {
            throw new OperationCanceledException("the client has left", cancellationToken);
        }
    }
}
