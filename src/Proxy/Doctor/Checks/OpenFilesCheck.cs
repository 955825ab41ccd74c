using System.Globalization;
using Waystation.Proxy.Admin.Pages;
using Waystation.Proxy.Doctor.Reporting;

namespace Waystation.Proxy.Doctor.Checks;

/// <summary>The node may open enough files and sockets.</summary>
/// <param name="node">What the running node says; null if none runs.</param>
internal sealed class OpenFilesCheck(NodeSelf? node) : Check("files", "")
{
    /// <summary>A client connection needs up to three, so this is enough for some three thousand clients.</summary>
    private const long Few = 10_000;

    public override Task ExamineAsync(FindingList findings, CancellationToken cancellationToken)
    {
        if (node is null)
        {
            findings.Skip("the limit is that of the running node's process");
            return Task.CompletedTask;
        }

        string words = string.Create(CultureInfo.InvariantCulture, $"{node.OpenFiles} of {node.OpenFilesLimit} files and sockets are open");
        if (node.OpenFiles > node.OpenFilesLimit / 10 * 9)
        {
            findings.Fail(words, "raise the limit: LimitNOFILE=65536 in the systemd unit, or ulimit -n");
        }
        else if (node.OpenFilesLimit < Few)
        {
            findings.Warn(
                string.Create(CultureInfo.InvariantCulture, $"{words}; so the node takes {node.MaxConnections} client connections at most"),
                "raise the limit: LimitNOFILE=65536 in the systemd unit, or ulimit -n"
            );
        }
        else
        {
            findings.Ok(words);
        }

        return Task.CompletedTask;
    }
}
