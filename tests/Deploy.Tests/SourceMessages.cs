using System.Text;
using System.Text.RegularExpressions;
using Waystation.TestKit.Servers;

namespace Waystation.Deploy.Tests;

/// <summary>
/// The messages in the sources of the program: the texts of log lines from a warning on, of the calls that answer a person, and of the
/// exceptions whose message a person reads. What is put in while it runs is <c>…</c>.
/// </summary>
internal static partial class SourceMessages
{
    private const string Begin = "waystation: ";

    public static IReadOnlySet<string> All() =>
        Directory
            .EnumerateFiles(Path.Combine(Checkout.Root, "src"), "*.cs", SearchOption.AllDirectories)
            .Where(static path => !path.Contains("/obj/", StringComparison.Ordinal) && !path.Contains("/bin/", StringComparison.Ordinal))
            .SelectMany(static path => Of(File.ReadAllText(path)))
            .Where(static message => Word().Count(message) >= 2)
            .ToHashSet(StringComparer.Ordinal);

    private static IEnumerable<string> Of(string code)
    {
        foreach (Match log in LogMessage().Matches(code))
        {
            (int at, string text) = Texts(code, log.Index + log.Length).First();
            if (Serious().IsMatch(code[log.Index..at]))
            {
                yield return Tidy(Hole().Replace(text, "…"));
            }
        }

        foreach (Match speaker in Speaker().Matches(code))
        {
            foreach ((_, string text) in Texts(code, speaker.Index + speaker.Length))
            {
                yield return Tidy(text);
            }
        }

        foreach (Match said in Said().Matches(code))
        {
            yield return Tidy(Texts(code, said.Index).First().Text);
        }
    }

    private static string Tidy(string text)
    {
        text = text.Trim();
        text = text.StartsWith(Begin, StringComparison.Ordinal) ? text[Begin.Length..] : text;
        return Holes().Replace(text, "…");
    }

    /// <summary>The texts from here to the end of the call, with where each begins. Texts that are added up are one.</summary>
    private static List<(int At, string Text)> Texts(string code, int from)
    {
        List<(int At, int End, string Text)> found = [];
        int depth = 1;
        for (int i = from; i < code.Length && depth > 0; )
        {
            if (string.CompareOrdinal(code, i, "//", 0, 2) == 0)
            {
                i = code.IndexOf('\n', i);
            }
            else if (code[i] == '\'' && Character().Match(code, i) is { Success: true } character)
            {
                i += character.Length;
            }
            else if (code[i] == '"' || (code[i] == '$' && code[i + 1] == '"'))
            {
                (int end, string text) = TextAt(code, i);
                if (found is [.., var last] && Plus().IsMatch(code[last.End..i]))
                {
                    found[^1] = (last.At, end, last.Text + text);
                }
                else
                {
                    found.Add((i, end, text));
                }

                i = end;
            }
            else
            {
                depth += code[i] switch
                {
                    '(' => 1,
                    ')' => -1,
                    _ => 0,
                };
                i++;
            }
        }

        return [.. found.Select(static one => (one.At, one.Text))];
    }

    private static (int End, string Text) TextAt(string code, int at)
    {
        bool hasHoles = code[at] == '$';
        int i = hasHoles ? at + 1 : at;
        if (string.CompareOrdinal(code, i, "\"\"\"", 0, 3) == 0)
        {
            int end = code.IndexOf("\"\"\"", i + 3, StringComparison.Ordinal);
            return (end + 3, code[(i + 3)..end]);
        }

        var text = new StringBuilder();
        for (i++; code[i] != '"'; i++)
        {
            if (code[i] == '\\')
            {
                i++;
                text.Append(code[i] == 'n' ? '\n' : code[i]);
            }
            else if (hasHoles && code[i] is '{' or '}' && code[i + 1] == code[i])
            {
                text.Append(code[i]);
                i++;
            }
            else if (hasHoles && code[i] == '{')
            {
                i = EndOfHole(code, i);
                text.Append('…');
            }
            else
            {
                text.Append(code[i]);
            }
        }

        return (i + 1, text.ToString());
    }

    private static int EndOfHole(string code, int at)
    {
        int depth = 0;
        for (int i = at; ; i++)
        {
            if (code[i] == '"')
            {
                i = code.IndexOf('"', i + 1);
            }

            depth += code[i] switch
            {
                '{' => 1,
                '}' => -1,
                _ => 0,
            };
            if (depth == 0)
            {
                return i;
            }
        }
    }

    [GeneratedRegex(@"\[LoggerMessage\(")]
    private static partial Regex LogMessage();

    [GeneratedRegex(@"LogLevel\.(Warning|Error|Critical)", RegexOptions.ExplicitCapture)]
    private static partial Regex Serious();

    [GeneratedRegex(
        @"new (Primary|PrimaryOutage|PrimaryBusy|SshSetup|DataFolder|KeyAuthority|Admin|FarmSecret|TooManyWaiting|PackPermitLate"
            + @"|RequestMemoryFull|Certificate|Authentication|StorageRefused|NotServed|Settings|GitFailed)Exception\("
            + @"|SessionEnd\.(Refusing|Saying|Complaining)\(|(?<![.\w])Refused\(|RequestRefusal\.\w+\(|LfsMessage\.WriteAsync\("
            + @"|Refusals\.Problem\(|[pP]roblems\.Add\(|Complain\w*\(|FailAsync\(",
        RegexOptions.ExplicitCapture
    )]
    private static partial Regex Speaker();

    [GeneratedRegex(@"\$?""waystation: ")]
    private static partial Regex Said();

    [GeneratedRegex(@"\{\w+(:[^}]*)?\}", RegexOptions.ExplicitCapture)]
    private static partial Regex Hole();

    [GeneratedRegex(@"…(\S?…)+", RegexOptions.ExplicitCapture)]
    private static partial Regex Holes();

    [GeneratedRegex("[A-Za-z]{2,}")]
    private static partial Regex Word();

    [GeneratedRegex(@"\G'(\\.|[^'\\])+'", RegexOptions.ExplicitCapture)]
    private static partial Regex Character();

    [GeneratedRegex(@"^\s*\+\s*$")]
    private static partial Regex Plus();
}
