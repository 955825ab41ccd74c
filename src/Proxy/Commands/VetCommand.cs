using System.CommandLine;
using System.Globalization;
using Waystation.FetchCore.Vet;
using Waystation.Proxy.Admin.Pages;
using Waystation.Proxy.Options;

namespace Waystation.Proxy.Commands;

/// <summary><c>waystation vet</c>.</summary>
internal static class VetCommand
{
    public static Command Create() =>
        NodeCommand.Show<VetRound[]>(
            "vet",
            "Shows the results of the last rounds of the vet.",
            VetPage.Path,
            static rounds => string.Join('\n', rounds.Select(Format))
        );

    private static string Format(VetRound round)
    {
        string mirrors = string.Create(
            CultureInfo.InvariantCulture,
            $"checked {round.Checked}, drifted {round.Drifted}, mended {round.Mended}, failed {round.Failed}"
        );
        string files = string.Create(
            CultureInfo.InvariantCulture,
            $"scrubbed {ByteSize.Format(round.ScrubbedBytes)}, damaged {round.Damaged}"
        );
        string failures = string.Concat(round.Failures.Select(static failure => "\n    " + failure));
        return string.Create(CultureInfo.InvariantCulture, $"{round.Begun:u}  {mirrors}, {files}{failures}");
    }
}
