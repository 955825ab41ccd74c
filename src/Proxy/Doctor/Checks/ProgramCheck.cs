using System.Text.RegularExpressions;
using Waystation.Proxy.Doctor.Looks;
using Waystation.Proxy.Doctor.Reporting;

namespace Waystation.Proxy.Doctor.Checks;

/// <summary>A program that the node starts is there, and new enough.</summary>
/// <param name="program">The program, as the node starts it.</param>
/// <param name="versionOption">The option with which it prints its version.</param>
/// <param name="package">The Debian package that has it.</param>
/// <param name="oldest">The oldest version that works.</param>
internal sealed partial class ProgramCheck(string program, string versionOption, string package, Version oldest) : Check("program", program)
{
    /// <summary>git, whose cat-file takes commands since 2.36.</summary>
    public static ProgramCheck Git() => new("git", "--version", "git", new Version(2, 36));

    /// <summary>ssh, which asks the primary.</summary>
    public static ProgramCheck Ssh() => new("ssh", "-V", "openssh-client", new Version(7, 4));

    public override async Task ExamineAsync(FindingList findings, CancellationToken cancellationToken)
    {
        if (await ProgramLook.RunAsync(Subject, [versionOption], cancellationToken) is not { } look)
        {
            findings.Fail($"{Subject} is not on the PATH of this account", $"apt-get install {package}");
            return;
        }

        string said = (look.Output + look.Error).Trim();
        if (look.ExitCode != 0 || Number().Match(said) is not { Success: true } match)
        {
            findings.Fail($"{Subject} {versionOption} says: {said}", $"reinstall the package {package}");
        }
        else if (Version.Parse(match.Value) < oldest)
        {
            findings.Fail($"{said} is too old", $"install {Subject} {oldest} or newer");
        }
        else
        {
            findings.Ok(said);
        }
    }

    [GeneratedRegex("[0-9]+\\.[0-9]+(\\.[0-9]+)?", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Number();
}
