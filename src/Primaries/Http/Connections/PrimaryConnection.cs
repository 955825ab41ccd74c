using System.Net.Sockets;

namespace Waystation.Primaries.Http.Connections;

/// <summary>
/// A connection to the primary, above TLS. It reports to each request how far the request came (<see cref="RequestTrace"/>). The primary
/// may close a used connection at the moment when the node uses it again. So the connection is checked before the first byte of a request:
/// bytes that the primary sent without a question, its end or a farewell, show that it accepts no request. Then no byte of the request
/// has left.
/// </summary>
/// <param name="inner">The connection, TLS included.</param>
/// <param name="socket">Its socket; null if that is not known, as behind a proxy.</param>
internal sealed class PrimaryConnection(Stream inner, Socket? socket) : Stream
{
    private RequestTrace? _request;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Begin();
        return inner.WriteAsync(buffer, cancellationToken);
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Write(byte[] buffer, int offset, int count)
    {
        Begin();
        inner.Write(buffer, offset, count);
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ValueTask<int> reading = inner.ReadAsync(buffer, cancellationToken);
        return _request is { HasAnswer: false } || _request is null ? NoteAsync(reading) : reading;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => inner.Read(buffer, offset, count);

    public override void Flush() => inner.Flush();

    public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
        }

        base.Dispose(disposing);
    }

    /// <exception cref="IOException">The primary has closed the connection; nothing was written.</exception>
    private void Begin()
    {
        if (RequestTrace.Current is not { } request || ReferenceEquals(request, _request))
        {
            return;
        }

        request.IsReused = _request is not null;
        if (request.IsReused && socket is not null && IsClosed(socket))
        {
            request.MetClosed = true;
            throw new IOException("the primary closed the connection");
        }

        request.HasBegun = true;
        _request = request;
    }

    private async ValueTask<int> NoteAsync(ValueTask<int> reading)
    {
        int read = await reading;
        if (read > 0 && _request is { } request)
        {
            request.HasAnswer = true;
        }

        return read;
    }

    private static bool IsClosed(Socket socket)
    {
        try
        {
            return socket.Poll(0, SelectMode.SelectRead);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return true;
        }
    }
}
