using System.Globalization;
using Waystation.Proxy.Admin.Pages;
using Waystation.Proxy.Doctor.Reporting;
using Waystation.Proxy.Hooks;

namespace Waystation.Proxy.Doctor.Checks;

/// <summary>Webhooks of the primary arrive at the node and are taken.</summary>
/// <param name="isOn">Whether the settings have a secret for webhooks.</param>
/// <param name="node">What the running node says; null if none runs.</param>
internal sealed class WebhookCheck(bool isOn, NodeSelf? node) : Check("webhooks", "")
{
    /// <summary>After this a primary in use has sent one.</summary>
    private static readonly TimeSpan s_quiet = TimeSpan.FromDays(2);

    public override Task ExamineAsync(FindingList findings, CancellationToken cancellationToken)
    {
        if (!isOn)
        {
            findings.Skip("Hooks:SecretFile is not set, so the node takes none");
        }
        else if (node is null)
        {
            findings.Skip("only a running node knows which came");
        }
        else
        {
            Judge(node, findings);
        }

        return Task.CompletedTask;
    }

    private static void Judge(NodeSelf node, FindingList findings)
    {
        HookSight? taken = node.Hooks.Where(static hook => hook.Result == HookEndpoint.Taken).MaxBy(static hook => hook.At);
        HookSight? other = node.Hooks.Where(static hook => hook.Result != HookEndpoint.Taken).MaxBy(static hook => hook.At);
        if (other is not null && (taken is null || other.At > taken.At))
        {
            findings.Fail(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"the last webhook, from {other.Forge} at {other.At:u}, was not taken: {other.Result}"
                ),
                other.Result == HookEndpoint.Refused
                    ? "put the secret of the webhook at the primary into the file of Hooks:SecretFile"
                    : "look at the webhook's deliveries at the primary, and at the node's log"
            );
            return;
        }

        DateTimeOffset last = taken?.At ?? node.Started;
        string words = taken is null
            ? string.Create(CultureInfo.InvariantCulture, $"none has come since the node started at {node.Started:u}")
            : string.Create(CultureInfo.InvariantCulture, $"the last one came from {taken.Forge} at {taken.At:u}");
        if (node.Now - last > s_quiet)
        {
            findings.Warn(
                words,
                $"send a test from the primary to {HookEndpoint.Prefix}/hooks/FORGE, and look for a firewall between the two"
            );
        }
        else
        {
            findings.Ok(words);
        }
    }
}
