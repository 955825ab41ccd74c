using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.IO.Compression;
using System.IO.Pipelines;
using Waystation.GitProtocol.Pushing;

namespace Waystation.CacheStore.Pushes;

/// <summary>
/// A copy of a push that passes through. The mirror takes it if the primary accepts the push:
/// <code>
///   client ──► push ───────────────► primary
///               └─ TakeAsync ─► 256 KiB in memory ─► [inflate] ─► commands │ pack ─► a file in the temporary folder
/// </code>
/// The copy must never cost the push anything. If the disk refuses, has no room, or delays the push by more than a few percent of its
/// time, the copy ends and the push goes on. The node believes nothing of the copy, and deletes it after the push.
/// </summary>
public sealed class PushCopy : IAsyncDisposable
{
    private const int BufferLength = 64 * 1024;
    private const int WindowLength = 4 * BufferLength;

    /// <summary>The delay that is always allowed: a short delay of the disk or of a busy machine is no reason to give up.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromMilliseconds(25);

    /// <summary>The part of its time so far that a push may lose to its copy.</summary>
    private const double PatienceShare = 0.03;

    private readonly Lock _gate = new();
    private readonly PushCopies _copies;
    private readonly TimeProvider _time;
    private readonly Func<PushRequestReader, bool> _isWorth;
    private readonly Pipe _window = new(
        new PipeOptions(
            pauseWriterThreshold: WindowLength,
            resumeWriterThreshold: WindowLength / 2,
            minimumSegmentSize: BufferLength,
            useSynchronizationContext: false
        )
    );

    private readonly long _begun;
    private TimeSpan _waited;
    private bool _ended;
    private FileStream? _file;
    private long _length;
    private int _steps;

    internal PushCopy(PushCopies copies, TimeProvider time, bool isGzip, Func<PushRequestReader, bool> isWorth)
    {
        _copies = copies;
        _time = time;
        _isWorth = isWorth;
        _begun = time.GetTimestamp();
        Whole = Task.Run(() => CopyAsync(isGzip));
    }

    /// <summary>The commands of the push. Read them when <see cref="Whole"/> has succeeded.</summary>
    public PushRequestReader Request { get; } = new();

    /// <summary>Whether all of the push was copied. Never a failure.</summary>
    public Task<bool> Whole { get; }

    /// <summary>The pack, from its first byte; null if the push has none, or before <see cref="Whole"/> has succeeded.</summary>
    public Stream? Pack
    {
        get
        {
            if (_file is { } file)
            {
                file.Position = 0;
            }

            return _file;
        }
    }

    /// <summary>Takes the next bytes of the push. It never throws. Calls must not overlap.</summary>
    public async ValueTask TakeAsync(ReadOnlyMemory<byte> bytes)
    {
        ValueTask<FlushResult> flush;
        lock (_gate)
        {
            if (_ended)
            {
                return;
            }

            _window.Writer.Write(bytes.Span);
            flush = _window.Writer.FlushAsync();
        }

        if (!flush.IsCompletedSuccessfully)
        {
            await WaitAsync(flush.AsTask());
        }
        else if (flush.Result.IsCompleted)
        {
            End(whole: false);
        }
    }

    /// <summary>The push was read to its end, or ended early.</summary>
    public void End(bool whole)
    {
        lock (_gate)
        {
            if (!_ended)
            {
                _ended = true;
                _window.Writer.Complete(whole ? null : new IOException("the copy of the push was given up"));
            }
        }
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        End(whole: false);
        await Whole;
        if (_file is not null)
        {
            await _file.DisposeAsync();
        }

        _copies.Release(_steps);
        _steps = 0;
    }

    private async Task WaitAsync(Task<FlushResult> flush)
    {
        long begun = _time.GetTimestamp();
        TimeSpan may = s_patience + (PatienceShare * _time.GetElapsedTime(_begun)) - _waited;
        try
        {
            if ((await flush.WaitAsync(may > TimeSpan.Zero ? may : TimeSpan.Zero, _time)).IsCompleted)
            {
                End(whole: false);
            }
        }
        catch (TimeoutException)
        {
            End(whole: false);
        }

        _waited += _time.GetElapsedTime(begun);
    }

    [SuppressMessage("Design", "CA1031", Justification = "Whatever ends a copy ends nothing else.")]
    private async Task<bool> CopyAsync(bool isGzip)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferLength);
        try
        {
            Stream window = _window.Reader.AsStream(leaveOpen: true);
            await using Stream source = isGzip ? new GZipStream(window, CompressionMode.Decompress) : window;
            int length;
            while ((length = await source.ReadAsync(buffer)) > 0)
            {
                if (!await TakeInAsync(buffer.AsMemory(0, length)))
                {
                    return false;
                }
            }

            return Request.IsComplete;
        }
        catch (Exception)
        {
            // The disk is full or refuses, the body is not gzip, or the push broke off.
            return false;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
            await _window.Reader.CompleteAsync();
        }
    }

    private async ValueTask<bool> TakeInAsync(ReadOnlyMemory<byte> bytes)
    {
        if (!Request.IsComplete)
        {
            bytes = bytes[Request.ReadHead(bytes.Span)..];
            if (Request.HasStopped || (Request.IsComplete && !_isWorth(Request)))
            {
                return false;
            }
        }

        if (bytes.IsEmpty)
        {
            return true;
        }

        _file ??= _copies.NewFile();
        while (_length + bytes.Length > (long)_steps * PushCopies.RoomStep)
        {
            if (!_copies.TryGrow())
            {
                return false;
            }

            _steps++;
        }

        await _file.WriteAsync(bytes);
        _length += bytes.Length;
        return true;
    }
}
