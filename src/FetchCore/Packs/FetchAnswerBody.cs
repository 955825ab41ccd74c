using System.IO.Pipelines;
using Waystation.CacheStore.Packs;
using Waystation.CacheStore.Packs.Filling;
using Waystation.FetchCore.Observing;
using Waystation.GitProtocol.PktLines;
using Waystation.GitProtocol.Requests;
using Waystation.GitProtocol.Responses;

namespace Waystation.FetchCore.Packs;

/// <summary>
/// Writes a response to a fetch into the output to the client, in the client's version: the prologue, one line that says how the fetch was
/// served, and the pack.
/// <code>
///   pack file ──read──► the pipe's own memory ──► socket
///                       [len|1|payload][len|1|payload]…   or the bare pack; flushed once a whole block agrees with its checksum
/// </code>
/// Bytes of the pack are copied nowhere in between. It neither completes the pipe nor disposes the reader.
/// </summary>
/// <param name="output">The output to the client.</param>
/// <param name="pack">The pack; its prologue must be known.</param>
/// <param name="request">This client's request.</param>
/// <param name="framing">The form in which it wants the response.</param>
/// <param name="time">The clock of the keepalives.</param>
/// <param name="sent">Hears of each part of the pack that is written.</param>
public sealed class FetchAnswerBody(
    PipeWriter output,
    PackReader pack,
    FetchRequest request,
    ResponseFraming framing,
    TimeProvider time,
    Action<long> sent
)
{
    /// <summary>git's own default for uploadpack.keepAlive.</summary>
    private static readonly TimeSpan s_keepalive = TimeSpan.FromSeconds(5);

    private readonly ResponseCodec _codec = new(request, framing);
    private bool _clientHasLeft;

    /// <summary>Why the response did not end whole; null if it did.</summary>
    public string? Trouble { get; private set; }

    /// <summary>
    /// Writes all of it. If the source breaks off, the client gets a message, if its framing has a place for one. Otherwise the written
    /// bytes must not end as if they were whole.
    /// </summary>
    /// <param name="servedBy">The line for the user, unless the client wants no progress.</param>
    /// <param name="cancellationToken">The client's token.</param>
    /// <returns><see cref="FetchEnd.Whole"/>, <see cref="FetchEnd.ErrorTold"/>, <see cref="FetchEnd.Broken"/> or
    /// <see cref="FetchEnd.ClientGone"/>.</returns>
    public async Task<FetchEnd> WriteAsync(string servedBy, CancellationToken cancellationToken)
    {
        try
        {
            return await WriteOrTellAsync(servedBy, cancellationToken);
        }
        catch (Exception e) when (_clientHasLeft || (e is OperationCanceledException && cancellationToken.IsCancellationRequested))
        {
            return FetchEnd.ClientGone;
        }
    }

    private async Task<FetchEnd> WriteOrTellAsync(string servedBy, CancellationToken cancellationToken)
    {
        string message;
        try
        {
            await WriteWholeAsync(servedBy, cancellationToken);
            return FetchEnd.Whole;
        }
        catch (FillFailedException e) when (e.SourceError is not null && _codec.HasBands)
        {
            message = e.SourceError;
        }
        catch (Exception e) when (e is FillFailedException or PackDamagedException)
        {
            Trouble = e.Message;
            return FetchEnd.Broken;
        }

        // The last message of the source, as the source itself would have sent it.
        Trouble = message;
        _codec.WriteError(output, message);
        await FlushAsync(cancellationToken);
        return FetchEnd.ErrorTold;
    }

    private async Task WriteWholeAsync(string servedBy, CancellationToken cancellationToken)
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

    private async ValueTask WritePackAsync(int length, CancellationToken cancellationToken)
    {
        while (length > 0)
        {
            int payload = Math.Min(length, _codec.MaxPayload);
            Memory<byte> packet = output.GetMemory(Sideband.HeaderLength + payload);
            int header = _codec.WritePackHeader(packet.Span, payload);
            await pack.ReadAsync(packet.Slice(header, payload), cancellationToken);
            output.Advance(header + payload);
            sent(payload);
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
        try
        {
            FlushResult flushed = await output.FlushAsync(cancellationToken);
            _clientHasLeft = flushed.IsCompleted || flushed.IsCanceled;
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            _clientHasLeft = true;
            throw;
        }

        if (_clientHasLeft)
        {
            throw new OperationCanceledException("the client has left", cancellationToken);
        }
    }
}
