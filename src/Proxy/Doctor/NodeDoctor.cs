using Waystation.Primaries;
using Waystation.Proxy.Admin.Pages;
using Waystation.Proxy.Doctor.Checks;
using Waystation.Proxy.Doctor.Looks;
using Waystation.Proxy.Doctor.Reporting;
using Waystation.Proxy.Options;

namespace Waystation.Proxy.Doctor;

/// <summary>Looks at a node and its surroundings, on the machine of the node or from one of its clients.</summary>
internal static class NodeDoctor
{
    /// <summary>A running node answers in a moment; the checks come after its answer.</summary>
    private static readonly TimeSpan s_node = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan s_checks = TimeSpan.FromSeconds(20);

    /// <summary>Looks at everything.</summary>
    public static async Task<Report> ExamineAsync(DoctorQuestion question, CancellationToken cancellationToken)
    {
        List<Finding> findings = [];
        NodeOptions options = question.Options;
        NodeSelf? node = null;
        bool isAnswered = false;
        if (question.IsOnNode)
        {
            using var running = new RunningNode(AddressOf(options.Admin.Listen), options.Admin.TokenFile);
            var check = new NodeCheck(running);
            findings.AddRange(await new Examination(s_node).RunAsync([new SettingsCheck(question.Problems), check], cancellationToken));
            (node, isAnswered) = (check.Self, check.IsAnswered);
        }
        else if (question.Problems.Count > 0)
        {
            findings.AddRange(await new Examination(s_node).RunAsync([new SettingsCheck(question.Problems)], cancellationToken));
        }

        using var plan = new CheckPlan(question);
        for (int i = 0; i < options.Primaries.Count; i++)
        {
            PrimaryOptions primary = options.Primaries[i];
            plan.AddPrimary(primary, $"Primaries:{i}", node);
        }

        if (question.IsOnNode)
        {
            plan.AddNode(node, isAnswered);
        }

        if (question.Node is { } url)
        {
            plan.AddRemoteNode(url, options.Primaries[0].Tls);
        }

        if (question.NodeSsh is { } ssh)
        {
            plan.AddRemoteSsh(ssh);
        }

        findings.AddRange(await new Examination(s_checks).RunAsync(plan.Checks, cancellationToken));
        return new Report(findings);
    }

    private static Uri AddressOf(ListenAddress admin) =>
        new(
            admin.EndPoint.Address.Equals(System.Net.IPAddress.Any) || admin.EndPoint.Address.Equals(System.Net.IPAddress.IPv6Any)
                ? $"http://127.0.0.1:{admin.EndPoint.Port}"
                : $"http://{admin.EndPoint}"
        );
}
