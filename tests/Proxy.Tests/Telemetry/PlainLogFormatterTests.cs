using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Waystation.Proxy.Telemetry;

namespace Waystation.Proxy.Tests.Telemetry;

public sealed class PlainLogFormatterTests
{
    [Theory]
    [InlineData("/team/tool.git", "/team/tool.git")]
    [InlineData("/t\u00f6ol \u65e5", "/t\u00f6ol \u65e5")]
    [InlineData("a\nb", "a b")]
    [InlineData("a\r\nb", "a\\x0d b")]
    [InlineData("a\u001b[31mb", "a\\x1b[31mb")]
    [InlineData("a\u009b31mb\u007f", "a\\x9b31mb\\x7f")]
    [InlineData("a\0\t\b", "a\\x00\\x09\\x08")]
    [InlineData("a\u202eb\u2028c\u2066", "a\\u202eb\\u2028c\\u2066")]
    public void Message_IsOneLineOfPlainText(string said, string written)
    {
        using var output = new StringWriter();
        var entry = new LogEntry<string>(LogLevel.Warning, "Waystation.X", new EventId(2004), said, exception: null, static (s, _) => s);

        new PlainLogFormatter(TimeProvider.System).Write(entry, scopeProvider: null, output);

        Assert.EndsWith($"Z warn: Waystation.X[2004] {written}\n", output.ToString(), StringComparison.Ordinal);
    }
}
