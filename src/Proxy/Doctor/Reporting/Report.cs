using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Waystation.Proxy.Doctor.Reporting;

/// <summary>All lines of the doctor, for a person or for a script.</summary>
internal sealed class Report(IReadOnlyList<Finding> findings)
{
    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>The lines.</summary>
    public IReadOnlyList<Finding> Findings => findings;

    /// <summary>0, or 1 if something fails.</summary>
    public int ExitCode => findings.Any(static line => line.State == FindingState.Fail) ? 1 : 0;

    /// <summary>An object with the member <c>ok</c> and the lines in <c>findings</c>.</summary>
    public string ToJson() => JsonSerializer.Serialize(new { ok = ExitCode == 0, findings }, s_json);

    /// <summary>A line each, and below it what to do.</summary>
    public string ToText()
    {
        int check = Width(static line => line.Check);
        int subject = Width(static line => line.Subject);
        var text = new StringBuilder();
        foreach (Finding line in findings)
        {
            string head = $"{Word(line.State), -8}{line.Check.PadRight(check)}  {line.Subject.PadRight(subject)}";
            text.Append(head).Append(subject == 0 ? "" : "  ").Append(line.Seen).Append('\n');
            if (line.Remedy is { } remedy)
            {
                text.Append(' ', 8).Append("-> ").Append(remedy).Append('\n');
            }
        }

        return text.Append(Summary()).ToString();

        int Width(Func<Finding, string> of) => findings.Select(line => of(line).Length).DefaultIfEmpty().Max();
    }

    private string Summary() =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{Count(FindingState.Ok)} ok, {Count(FindingState.Warning)} warnings, {Count(FindingState.Fail)} failed, "
                + $"{Count(FindingState.Skipped)} skipped"
        );

    private int Count(FindingState state) => findings.Count(line => line.State == state);

    private static string Word(FindingState state) =>
        state switch
        {
            FindingState.Ok => "ok",
            FindingState.Warning => "warning",
            FindingState.Fail => "FAIL",
            _ => "skipped",
        };
}
