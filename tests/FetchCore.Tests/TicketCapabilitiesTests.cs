using System.Text;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Access.Tickets;
using Waystation.GitProtocol.Advertisements;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.Requests;

namespace Waystation.FetchCore.Tests;

/// <summary>Capabilities that the node tells in the primary's stead, and for how long they are the primary's.</summary>
public sealed class TicketCapabilitiesTests
{
    private readonly ManualTime _time = new();
    private readonly CredentialDigester _digester = new();
    private readonly AccessTickets _tickets;

    public TicketCapabilitiesTests() => _tickets = new AccessTickets(_time, TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(10));

    [Fact]
    public void Capabilities_ThatOthersAreToldNoMore_AreForOutagesOnly()
    {
        Accept("alice", Of("fetch=shallow"));
        Accept("bob", Of("fetch=shallow"));
        Assert.NotNull(_tickets.FindCapabilities(CoreFixture.Repository, CredentialOf("alice")));
        Accept("bob", Of("fetch=shallow filter"));
        Assert.Null(_tickets.FindCapabilities(CoreFixture.Repository, CredentialOf("alice")));
        Assert.NotNull(_tickets.FindRecorded(CoreFixture.Repository, CredentialOf("alice"))!.Capabilities);
        Assert.NotNull(_tickets.Find(CoreFixture.Repository, CredentialOf("alice")));
        Accept("alice", Of("fetch=shallow filter"));
        Assert.NotNull(_tickets.FindCapabilities(CoreFixture.Repository, CredentialOf("alice")));
    }

    [Fact]
    public void Answer_FromBeforeIt_OutdatesNothing()
    {
        long before = _tickets.Now;
        _time.Turn(TimeSpan.FromSeconds(1));
        Accept("alice", Of("fetch=filter"));
        _tickets.Accept(CoreFixture.Repository, CredentialOf("bob"), Of("fetch=shallow"), before);
        Assert.NotNull(_tickets.FindCapabilities(CoreFixture.Repository, CredentialOf("alice")));
    }

    [Fact]
    public void Listing_OfAnotherObjectFormat_IsOfARepositoryThatIsNoMore()
    {
        var tip = new RefTip("refs/heads/main", CoreFixture.Id(1), null, null);
        var listing = new RefListing(LsRefsRequest.All(ObjectFormat.Sha1), [tip]);
        _tickets.RecordRefs(CoreFixture.Repository, CredentialOf("alice"), listing, _tickets.Now);
        Accept("alice", Of("object-format=sha1"));
        Assert.True(_tickets.Find(CoreFixture.Repository, CredentialOf("alice"))!.Shows([tip.Id]));
        Accept("alice", Of("object-format=sha256"));
        Assert.False(_tickets.Find(CoreFixture.Repository, CredentialOf("alice"))!.Shows([tip.Id]));
    }

    private static CapabilityAdvertisement Of(string capability)
    {
        string said = $"000eversion 2\n{capability.Length + 4:x4}{capability}0000";
        Assert.True(CapabilityAdvertisement.TryParse(Encoding.ASCII.GetBytes(said), out CapabilityAdvertisement? parsed));
        return parsed;
    }

    private Credential CredentialOf(string user) => _digester.Digest([new("user", user)]);

    private void Accept(string user, CapabilityAdvertisement capabilities)
    {
        _time.Turn(TimeSpan.FromSeconds(1));
        _tickets.Accept(CoreFixture.Repository, CredentialOf(user), capabilities, _tickets.Now);
    }
}
