using System.Net;
using System.Text.Json;
using Waystation.Proxy.Admin.Pages;
using Waystation.Proxy.Doctor.Looks;
using Waystation.Proxy.Doctor.Reporting;

namespace Waystation.Proxy.Doctor.Checks;

/// <summary>A node runs at the admin address of the settings.</summary>
internal sealed class NodeCheck(RunningNode node) : Check("node", node.Address.GetLeftPart(UriPartial.Authority))
{
    /// <summary>What the node says of itself; null if none runs.</summary>
    public NodeSelf? Self { get; private set; }

    /// <summary>Whether a server answers at the admin address, this node or another one.</summary>
    public bool IsAnswered { get; private set; }

    public override async Task ExamineAsync(FindingList findings, CancellationToken cancellationToken)
    {
        try
        {
            (HttpStatusCode status, Self) = await node.AskAsync(cancellationToken);
            IsAnswered = true;
            if (Self is not null)
            {
                findings.Ok($"runs version {Self.Version} since {Self.Started:u}");
            }
            else if (status == HttpStatusCode.Unauthorized)
            {
                findings.Fail("the node refuses the admin token", "name the file with the token in Admin:TokenFile");
            }
            else if (status == HttpStatusCode.Forbidden)
            {
                findings.Fail("the node does not let this machine ask it", "add this machine's address to Admin:Allow");
            }
            else
            {
                findings.Fail(
                    $"the server at the admin address is not a node of this version: it answers {(int)status}",
                    "correct Admin:Listen (--admin), or restart the node with this version"
                );
            }
        }
        catch (JsonException)
        {
            IsAnswered = true;
            findings.Fail("the server at the admin address is not a node", "correct Admin:Listen (--admin)");
        }
        catch (HttpRequestException e)
        {
            findings.Skip(
                $"no node answers ({e.GetBaseException().Message}), so nothing is asked of it",
                "start it with waystation serve to look at the rest"
            );
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            findings.Fail($"the file of Admin:TokenFile cannot be read: {e.Message}", "run the doctor as the account of the node");
        }
    }
}
