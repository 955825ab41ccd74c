using System.IO.Pipelines;
using Waystation.CacheStore.Packs;
using Waystation.GitProtocol.Fetching;
using Waystation.GitProtocol.PktLines;

namespace Waystation.FetchCore;

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
/// <param name="request">The request of this client, which decides the form.</param>
/// <param name="time">For the keepalives.</param>
public sealed class FetchAnswerBody(PipeWriter output, PackReader pack, FetchRequest request, TimeProvider time)
{
    /// <summary>git's own default for uploadpack.keepAlive.</summary>
    private static readonly TimeSpan s_keepalive = TimeSpan.FromSeconds(5);

    private readonly AnswerFraming _framing = new(request);

    /// <summary>Pack bytes written so far.</summary>
    public long Bytes { get; private set; }

    /// <summary>Whether <see cref="WriteErrorAsync"/> can tell this client anything; else the connection has to break.</summary>
    public bool CanTellErrors => _framing.HasBands;

    /// <summary>Writes all of it.</summary>
    /// <param name="servedBy">What the person waiting is told, unless that was not asked for.</param>
    /// <param name="cancellationToken">The client's.</param>
    /// <exception cref="IOException">The answer broke off; what was written must not end as if it were whole.</exception>
    public async Task WriteAsync(string servedBy, CancellationToken cancellationToken)
    {
        _framing.WritePrologue(output, pack.Prologue);
        _framing.WriteProgress(output, servedBy);
        while (true)
        {
            PackStep step = await NextAsync(cancellationToken);
            switch (step.Kind)
            {
                case PackStepKind.End:
                    _framing.WriteEnd(output);
                    await FlushAsync(cancellationToken);
                    return;
                case PackStepKind.Progress:
                    if (_framing.HasProgress)
                    {
                        _framing.WriteProgress(output, step.Text.Span);
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
        _framing.WriteError(output, message);
        await FlushAsync(cancellationToken);
    }

    private async ValueTask WritePackAsync(int length, CancellationToken cancellationToken)
    {
        while (length > 0)
        {
            int payload = Math.Min(length, _framing.MaxPayload);
            Memory<byte> packet = output.GetMemory(Sideband.HeaderLength + payload);
            int header = _framing.WritePackHeader(packet.Span, payload);
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
                _framing.WriteKeepalive(output);
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
