using Microsoft.Extensions.Logging.Abstractions;
using Waystation.Primaries.Loops;
using Waystation.Primaries.Ssh;
using Waystation.Proxy.Admin.Pages;
using Waystation.Proxy.Doctor.Looks;
using Waystation.Proxy.Doctor.Reporting;

namespace Waystation.Proxy.Doctor.Checks;

/// <summary>
/// The primary's host key is in the node's known_hosts file, and the node's own key is let in. The ssh program looks, with the arguments of
/// the node.
/// </summary>
/// <param name="server">The primary.</param>
/// <param name="repository">A repository to ask for; null if none is known.</param>
/// <param name="node">The running node, whose mark shows a loop; null if none runs.</param>
/// <param name="ssh">The check that SSH answers.</param>
internal sealed class HostKeyCheck(GitServer server, string? repository, NodeSelf? node, SshCheck ssh) : Check("host-key", ssh.Subject, ssh)
{
    private const string NoKey = "/dev/null";

    public override TimeSpan Limit => TimeSpan.FromSeconds(8);

    public override async Task ExamineAsync(FindingList findings, CancellationToken cancellationToken)
    {
        SshTarget target = server.Options.Ssh!;
        string? key = server.Options.Service.SshKeyFile;
        if (node is not null)
        {
            // A session that comes back to the node is ended there.
            NodeMark.TryBeginSession(node.Mark);
        }

        string path = server.SshPathOf(repository ?? "waystation-doctor.git") ?? "waystation-doctor.git";
        var client = new SshClient(Path.GetTempPath(), NullLogger<SshClient>.Instance);
        await using SshChannel channel = client.Start(
            target,
            new SshIdentity.KeyFile(key ?? NoKey),
            RemoteCommand.UploadPack(target.PathOf(path)),
            gitProtocol: null,
            cancellationToken
        );
        channel.Input.Close();
        Task drained = channel.Output.CopyToAsync(Stream.Null, cancellationToken);
        using var errors = new StreamReader(channel.Error);
        string said = await errors.ReadToEndAsync(cancellationToken);
        await drained;
        Judge(await channel.Exit, said, key, findings);
    }

    private void Judge(SshExit exit, string said, string? key, FindingList findings)
    {
        string file = $"{server.Settings}:SshKnownHosts";
        switch (exit.Outcome)
        {
            case SshOutcome.HostKeyUnknown:
                findings.Fail(
                    exit.Message,
                    $"ssh-keyscan its host, compare the fingerprints (ssh-keygen -lf) with those that the primary publishes, "
                        + $"and add the lines to the file of {file}"
                );
                break;
            case SshOutcome.HostKeyChanged:
                findings.Fail(exit.Message, $"ask the primary's operator before you change the file of {file}: somebody may stand between");
                break;
            case SshOutcome.LoginRefused when key is null:
                findings.Ok("the host key is the one in the known_hosts file; the node has no key of its own");
                break;
            case SshOutcome.LoginRefused:
                findings.Fail(
                    $"the host key is right, but the primary refuses the key {key}",
                    $"add {key}.pub to the account of the node at the primary, or correct {server.Settings}:Service:SshKeyFile"
                );
                break;
            case SshOutcome.Ended when said.Contains("leads back to this node", StringComparison.Ordinal):
                findings.Fail(
                    "the primary's SSH address leads back to this node",
                    $"set {server.Settings}:Address (--primary-address) to the primary's own address"
                );
                break;
            case SshOutcome.Ended:
                findings.Ok(
                    key is null
                        ? "the host key is the one in the known_hosts file"
                        : "the host key is the one in the known_hosts file, and the node's key is let in"
                );
                break;
            default:
                findings.Fail(exit.Message, "look at the log of the primary's sshd; it may refuse many connections at once (MaxStartups)");
                break;
        }
    }
}
