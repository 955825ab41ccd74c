using Waystation.Proxy.Doctor.Reporting;
using Waystation.SshFrontend.Sshd;

namespace Waystation.Proxy.Doctor.Checks;

/// <summary>The SSH front end can start: sshd, the relay, the account and the host keys.</summary>
/// <param name="relay">The relay's program.</param>
/// <param name="hostKeys">The host keys of the settings; empty if the node makes its own.</param>
/// <param name="isRedirected">Whether clients' DNS leads the primary's name to the node.</param>
internal sealed class SshdCheck(string relay, IReadOnlyList<string> hostKeys, bool isRedirected) : Check("sshd", "")
{
    public override async Task ExamineAsync(FindingList findings, CancellationToken cancellationToken)
    {
        try
        {
            findings.Ok($"{await SshdNeeds.RequireAsync(relay, hostKeys, cancellationToken)} is there, with relay and account");
        }
        catch (SshSetupException e)
        {
            findings.Fail(e.Message, "mend this, or the node does not start; docs/ssh.md has the steps");
            return;
        }

        if (isRedirected && hostKeys.Count == 0)
        {
            findings.Warn(
                "the node shows host keys of its own under the primary's name, so clients that know the primary refuse it",
                "give the primary's host keys in Ssh:HostKeys, or give the clients new known_hosts lines"
            );
        }
    }
}
