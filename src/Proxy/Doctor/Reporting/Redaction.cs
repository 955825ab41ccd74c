using System.Text.RegularExpressions;

namespace Waystation.Proxy.Doctor.Reporting;

/// <summary>Takes secrets out of a text: logins in URLs, and passwords in the configuration string of Redis.</summary>
internal static partial class Redaction
{
    /// <summary>The text on one line, without secrets and control characters.</summary>
    public static string Of(string text)
    {
        string plain = UserInfo().Replace(Password().Replace(text, "${name}=…"), "//…@");
        return string.Concat(plain.Trim().Select(static c => char.IsControl(c) ? ' ' : c));
    }

    [GeneratedRegex("//[^/@\\s\"]*@", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex UserInfo();

    [GeneratedRegex(
        "\\b(?<name>password)\\s*=\\s*[^,;\"\\s]+",
        RegexOptions.CultureInvariant | RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000
    )]
    private static partial Regex Password();
}
