using System.Text;
using Waystation.CacheStore.Processes;

namespace Waystation.Primaries.Ssh;

/// <summary>Reads a standard error to its end and keeps the last characters.</summary>
internal sealed class ErrorTail
{
    private readonly TextTail _text = new(8 << 10);

    public ErrorTail(Stream stream) => Ended = ReadAsync(stream);

    /// <summary>Completes when the stream has ended; never faulted.</summary>
    public Task Ended { get; }

    public string Text => _text.ToString();

    private async Task ReadAsync(Stream stream)
    {
        byte[] buffer = new byte[4096];
        Decoder decoder = Encoding.UTF8.GetDecoder();
        char[] text = new char[Encoding.UTF8.GetMaxCharCount(buffer.Length)];
        try
        {
            while (await stream.ReadAsync(buffer) is > 0 and var read)
            {
                int length = decoder.GetChars(buffer.AsSpan(0, read), text, flush: false);
                _text.Append(text.AsSpan(0, length));
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // The pipe went with the process.
        }
    }
}
