using System.Text;

namespace Waystation.CacheStore.Processes;

/// <summary>
/// The last output of a program, which explains its failure. The rest is dropped, so that a program with much output does not fill the
/// memory.
/// </summary>
/// <param name="maxLength">The number of characters that are kept.</param>
public sealed class TextTail(int maxLength)
{
    private readonly StringBuilder _text = new();

    /// <summary>Appends output of the program.</summary>
    public void Append(ReadOnlySpan<char> said)
    {
        lock (_text)
        {
            _text.Append(said);
            _text.Remove(0, Math.Max(0, _text.Length - maxLength));
        }
    }

    /// <summary>The kept output.</summary>
    public override string ToString()
    {
        lock (_text)
        {
            return _text.ToString();
        }
    }
}
