using System.Text;

namespace Waystation.Primaries.Ssh;

/// <summary>Reads a stderr to its end and keeps its last words.</summary>
internal sealed class ErrorTail
{
    /// <summary>The last words are what explains; a talkative peer must not fill the memory.</summary>
    private const int MaxLength = 8 << 10;

    private readonly StringBuilder _text = new();

    public ErrorTail(Stream stream) => Ended = ReadAsync(stream);

    /// <summary>Completes when the stream has ended; never faulted.</summary>
    public Task Ended { get; }

    public string Text
    {
        get
        {
            lock (_text)
            {
                return _text.ToString();
            }
        }
    }

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
                lock (_text)
                {
                    _text.Append(text, 0, length);
                    _text.Remove(0, Math.Max(0, _text.Length - MaxLength));
                }
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // The pipe went with the process.
        }
    }
}
