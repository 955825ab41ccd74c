using Waystation.Proxy.Doctor.Reporting;

namespace Waystation.Proxy.Doctor.Checks;

/// <summary>A node would start with these settings.</summary>
/// <param name="problems">What is wrong with them, a line each.</param>
internal sealed class SettingsCheck(IReadOnlyList<string> problems) : Check("settings", "")
{
    public override Task ExamineAsync(FindingList findings, CancellationToken cancellationToken)
    {
        foreach (string problem in problems)
        {
            findings.Fail(problem, "correct the setting; waystation serve --help lists all, and a node does not start with it");
        }

        if (problems.Count == 0)
        {
            findings.Ok("all settings are accepted");
        }

        return Task.CompletedTask;
    }
}
