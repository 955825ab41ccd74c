using System.Globalization;
using System.Text;

namespace Waystation.TestKit.Servers;

/// <summary>Reads HTTP/1.1 messages whole off a connection (RFC 9112), as far as a relay needs it.</summary>
internal sealed class HttpWire(Stream stream)
{
    private readonly byte[] _buffer = new byte[64 * 1024];
    private int _start;
    private int _end;

    /// <summary>Null where the other side closed instead of sending one.</summary>
    public async Task<RelayedRequest?> ReadRequestAsync(CancellationToken cancellationToken)
    {
        if (await ReadHeadAsync(cancellationToken) is not [var line, .. var headers])
        {
            return null;
        }

        return new RelayedRequest(line, headers, await ReadBodyAsync(headers, untilClose: false, cancellationToken));
    }

    public async Task<RelayedRequest?> ReadAnswerAsync(CancellationToken cancellationToken)
    {
        if (await ReadHeadAsync(cancellationToken) is not [var line, .. var headers])
        {
            return null;
        }

        return new RelayedRequest(line, headers, await ReadBodyAsync(headers, untilClose: true, cancellationToken));
    }

    private async Task<string[]?> ReadHeadAsync(CancellationToken cancellationToken)
    {
        var lines = new List<string>();
        while (await ReadLineAsync(cancellationToken) is { } line)
        {
            if (line.Length == 0)
            {
                return [.. lines];
            }

            lines.Add(line);
        }

        return null;
    }

    private async Task<byte[]> ReadBodyAsync(string[] headers, bool untilClose, CancellationToken cancellationToken)
    {
        using var body = new MemoryStream();
        if (
            headers.Any(header =>
                header.Replace(" ", "", StringComparison.Ordinal).Equals("Transfer-Encoding:chunked", StringComparison.OrdinalIgnoreCase)
            )
        )
        {
            while (await ReadLineAsync(cancellationToken) is { } size)
            {
                int length = int.Parse(size.Split(';')[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
                await CopyAsync(body, length, cancellationToken);
                await ReadLineAsync(cancellationToken);
                if (length == 0)
                {
                    return body.ToArray();
                }
            }

            throw new IOException("a chunked body broke off");
        }

        string? said = headers.FirstOrDefault(header => header.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase));
        if (said is not null)
        {
            await CopyAsync(body, long.Parse(said["Content-Length:".Length..], CultureInfo.InvariantCulture), cancellationToken);
        }
        else if (untilClose)
        {
            await CopyAsync(body, long.MaxValue, cancellationToken);
        }

        return body.ToArray();
    }

    private async Task CopyAsync(MemoryStream to, long length, CancellationToken cancellationToken)
    {
        while (length > 0)
        {
            if (_start == _end && !await FillAsync(cancellationToken))
            {
                if (length < int.MaxValue)
                {
                    throw new IOException("a body broke off");
                }

                return;
            }

            int taken = (int)Math.Min(length, _end - _start);
            to.Write(_buffer, _start, taken);
            _start += taken;
            length -= taken;
        }
    }

    private async Task<string?> ReadLineAsync(CancellationToken cancellationToken)
    {
        var line = new StringBuilder();
        while (_start < _end || await FillAsync(cancellationToken))
        {
            char next = (char)_buffer[_start++];
            if (next == '\n')
            {
                return line.ToString().TrimEnd('\r');
            }

            line.Append(next);
        }

        return null;
    }

    private async Task<bool> FillAsync(CancellationToken cancellationToken)
    {
        _start = 0;
        _end = await stream.ReadAsync(_buffer, cancellationToken);
        return _end > 0;
    }
}
