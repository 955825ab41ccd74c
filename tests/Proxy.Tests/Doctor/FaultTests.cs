using System.Collections.Concurrent;
using Waystation.Proxy.Doctor.Reporting;

namespace Waystation.Proxy.Tests.Doctor;

/// <summary>
/// Each fault is made for real, in a surrounding where nothing else is wrong, and the doctor names it, alone: everything else is in order
/// or was not looked at.
/// </summary>
public sealed class FaultTests
{
    public static TheoryData<string> Names =>
        [.. HttpFaults.All.Keys, .. NodeFaults.All.Keys, .. SshFaults.All.Keys, .. FarmFaults.All.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Fault_IsNamed_Alone(string name)
    {
        Fault fault = new[] { HttpFaults.All, NodeFaults.All, SshFaults.All, FarmFaults.All }
            .SelectMany(static all => all)
            .Single(one => one.Key == name)
            .Value;
        await using var stage = new DoctorStage();
        await fault.Make(stage);
        if (!stage.Settings.ContainsKey("Primaries:0:Url"))
        {
            await stage.PrimaryAsync();
        }

        Report report = await stage.ExamineAsync();
        Finding[] bad = [.. report.Findings.Where(static line => line.State is FindingState.Fail or FindingState.Warning)];
        Assert.True(
            bad.Length > 0
                && bad.All(line =>
                    line.Check == fault.Check || line.Check == fault.Beside || line is { Check: "settings", State: FindingState.Fail }
                ),
            report.ToText()
        );
        Assert.True(
            bad.Any(line =>
                line.Check == fault.Check
                && line.State == fault.State
                && line.Seen.Contains(fault.Seen, StringComparison.Ordinal)
                && line.Remedy!.Contains(fault.Remedy, StringComparison.Ordinal)
            ),
            report.ToText()
        );
        Assert.Equal(fault.State == FindingState.Fail ? 1 : 0, report.ExitCode);
        Assert.DoesNotContain(DoctorStage.Secret, report.ToText() + report.ToJson(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task HealthyStage_HasNothingWrong(bool isRunning)
    {
        await using var stage = new DoctorStage();
        await stage.PrimaryAsync();
        stage.Settings["Primaries:0:Service:Username"] = "node";
        stage.Settings["Primaries:0:Service:PasswordFile"] = stage.Write("password", DoctorStage.Secret + "\n");
        if (isRunning)
        {
            await stage.NodeAsync();
        }

        Report report = await stage.ExamineAsync();
        Assert.All(report.Findings, line => Assert.True(line.State is FindingState.Ok or FindingState.Skipped, report.ToText()));
        Assert.Equal(0, report.ExitCode);
        string[] looked =
        [
            .. report.Findings.Where(static line => line.State == FindingState.Ok).Select(static line => line.Check).Distinct(),
        ];
        Assert.Superset(
            new ConcurrentBag<string>([
                "settings",
                "tcp",
                "scheme",
                "tls",
                "http",
                "clock",
                "git",
                "credential",
                "loop",
                "data",
                "disk",
                "program",
            ]).ToHashSet(),
            looked.ToHashSet()
        );
    }
}
