using System.Text;

namespace Waystation.CacheStore.Processes;

/// <summary>The last words of a program: they explain its failure, and a talkative program must not fill the memory.</summary>
/// <param name="maxLength">So many characters are kept.</param>
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

    /// <summary>What is kept.</summary>
    public override string ToString()
    {
        lock (_text)
        {
            return _text.ToString();
        }
    }
}
