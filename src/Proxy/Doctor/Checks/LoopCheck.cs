using System.Net;
using Waystation.Proxy.Admin.Pages;
using Waystation.Proxy.Doctor.Looks;
using Waystation.Proxy.Doctor.Reporting;
using Waystation.Proxy.Hosting;
using Waystation.Proxy.Options;

namespace Waystation.Proxy.Doctor.Checks;

/// <summary>
/// The primary's address does not lead back to this node: neither by an address of this machine, nor by a balancer, which shows only by the
/// mark of the running node.
/// </summary>
internal sealed class LoopCheck(NodeOptions options, IReadOnlyList<GitServer> primaries, NodeSelf? node) : Check("loop", "")
{
    public override TimeSpan Limit => TimeSpan.FromSeconds(8);

    public override async Task ExamineAsync(FindingList findings, CancellationToken cancellationToken)
    {
        IReadOnlyList<string> loops = await OwnAddresses.FindLoopsAsync(options, cancellationToken);
        foreach (string loop in loops)
        {
            findings.Fail(loop, "clients' DNS may lead to the node, but the node needs the primary's own address");
        }

        if (loops.Count > 0)
        {
            return;
        }

        bool isRing = false;
        foreach (GitServer primary in node is null ? [] : primaries)
        {
            isRing |= await IsRingAsync(primary, node!, findings, cancellationToken);
        }

        if (!isRing)
        {
            findings.Ok(
                node is null
                    ? "no primary is at an address of this machine; only a running node shows a way back by a balancer"
                    : "no primary's address leads back to this node"
            );
        }
    }

    private static async Task<bool> IsRingAsync(GitServer primary, NodeSelf node, FindingList findings, CancellationToken cancellationToken)
    {
        try
        {
            using HttpResponseMessage response = await primary.GetAsync("/", [("Via", $"1.1 {node.Mark}")], cancellationToken);
            if (response.StatusCode != HttpStatusCode.LoopDetected)
            {
                return false;
            }

            findings.Fail(
                $"a request to {primary.Name} comes back to this node, by a balancer or another node",
                $"set {primary.Settings}:Address (--primary-address) to the primary's own address"
            );
            return true;
        }
        catch (HttpRequestException)
        {
            // The check of HTTP says that.
            return false;
        }
    }
}
