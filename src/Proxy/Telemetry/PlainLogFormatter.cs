using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace Waystation.Proxy.Telemetry;

/// <summary>
/// Writes a message as one line of plain text. Paths, names and texts of others are in messages: a character that would begin a line, or
/// that a terminal would act on, is written as <c>\x1b</c> or <c>\u202e</c>. The framework's own formatter leaves most of them in.
/// </summary>
internal sealed class PlainLogFormatter(TimeProvider time) : ConsoleFormatter(FormatterName)
{
    public const string FormatterName = "plain";

    /// <summary>The time of a message, in UTC.</summary>
    public const string TimeFormat = "yyyy-MM-ddTHH:mm:ss.fffZ";

    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        string message = logEntry.Formatter(logEntry.State, logEntry.Exception);
        var line = new StringBuilder(message.Length + 128);
        line.Append(time.GetUtcNow().UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture))
            .Append(' ')
            .Append(WordOf(logEntry.LogLevel))
            .Append(": ")
            .Append(logEntry.Category)
            .Append(CultureInfo.InvariantCulture, $"[{logEntry.EventId.Id}] ");
        Append(line, message);
        if (logEntry.Exception is { } exception)
        {
            Append(line.Append(' '), exception.ToString());
        }

        textWriter.Write(line.Append('\n'));
    }

    /// <summary>Appends a text without its control characters. The end of a line becomes a space, because messages have several.</summary>
    private static void Append(StringBuilder line, string text)
    {
        foreach (char c in text)
        {
            if (c == '\n')
            {
                line.Append(' ');
            }
            else if (char.IsControl(c))
            {
                line.Append(CultureInfo.InvariantCulture, $"\\x{(int)c:x2}");
            }
            else if (
                char.GetUnicodeCategory(c) is UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
            )
            {
                line.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
            }
            else
            {
                line.Append(c);
            }
        }
    }

    private static string WordOf(LogLevel level) =>
        level switch
        {
            LogLevel.Trace => "trce",
            LogLevel.Debug => "dbug",
            LogLevel.Information => "info",
            LogLevel.Warning => "warn",
            LogLevel.Error => "fail",
            _ => "crit",
        };
}
