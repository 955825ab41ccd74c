using Waystation.CacheStore;
using Waystation.CacheStore.Disk;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Access.Standing;
using Waystation.FetchCore.Access.Tickets;
using Waystation.GitProtocol.Advertisements;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.Requests;

namespace Waystation.FetchCore.Tests;

public sealed class ClientStandingsTests
{
    private static readonly RepositoryName s_public = new("git.example.com", "public.git"),
        s_private = new("git.example.com", "private.git"),
        s_elsewhere = new("git.other.example", "tool.git");

    private readonly ManualTime _time = new();
    private readonly CredentialDigester _digester = new();
    private readonly AccessTickets _tickets;
    private readonly ClientStandings _standings;

    public ClientStandingsTests()
    {
        _tickets = new AccessTickets(_time, TimeSpan.FromSeconds(30));
        _standings = new ClientStandings(_tickets, new StrangerOptions(), _time);
    }

    [Fact]
    public void ClientWithoutALogin_IsAlwaysAStranger()
    {
        Assert.True(_standings.IsStranger(s_public, Of(null)));
        Accept(s_public, null);
        _time.Turn(TimeSpan.FromDays(1));
        Assert.True(_standings.IsStranger(s_public, Of(null)));
    }

    [Fact]
    public void Logins_AreKnown_WhereThePrimaryShowsNothingWithoutOne()
    {
        Accept(s_private, "alice");
        Assert.False(_standings.IsStranger(s_private, Of("alice")));
        Accept(s_elsewhere, null);
        Assert.False(_standings.IsStranger(s_private, Of("alice")));
        Accept(s_public, null);
        Assert.True(_standings.IsStranger(s_private, Of("alice")));
    }

    [Fact]
    public void Login_IsKnown_AnHourAfterThePrimaryAcceptedItFirst()
    {
        Accept(s_public, null);
        Accept(s_public, "alice");
        _time.Turn(TimeSpan.FromMinutes(59));
        Accept(s_public, "bob");
        Assert.True(_standings.IsStranger(s_public, Of("alice")));
        _time.Turn(TimeSpan.FromMinutes(2));
        Assert.False(_standings.IsStranger(s_public, Of("alice")));
        Assert.True(_standings.IsStranger(s_public, Of("bob")));

        // At every repository, and after a pause.
        _time.Turn(TimeSpan.FromDays(7));
        Assert.False(_standings.IsStranger(s_private, Of("alice")));
    }

    [Fact]
    public void TokenOfOneJob_IsKnown_WhereThePrimaryDemandsALogin()
    {
        Accept(s_public, null);
        Accept(s_private, "token of a job");
        Assert.True(_standings.IsStranger(s_private, Of("token of a job")));
        _tickets.NoteLoginDemanded(s_private);
        Assert.False(_standings.IsStranger(s_private, Of("token of a job")));
        Assert.False(_standings.IsStranger(s_private, Of("token of the next job")));
        Assert.True(_standings.IsStranger(s_public, Of("token of a job")));

        // It has become public.
        Accept(s_private, null);
        Assert.True(_standings.IsStranger(s_private, Of("token of a job")));
    }

    [Fact]
    public void AllLogins_AreKnown_IfTheOperatorSaysSo()
    {
        var standings = new ClientStandings(_tickets, new StrangerOptions { KnownAfter = TimeSpan.Zero }, _time);
        Accept(s_public, null);
        Accept(s_public, "alice");
        Assert.False(standings.IsStranger(s_public, Of("alice")));
        Assert.True(standings.IsStranger(s_public, Of(null)));
    }

    [Fact]
    public void CrowdOfNewLogins_MakesNoOldOneAStranger()
    {
        Accept(s_public, null);
        Accept(s_public, "alice");
        _time.Turn(TimeSpan.FromMinutes(61));
        Accept(s_public, "alice");
        for (int i = 0; i < 100_000; i++)
        {
            _standings.NoteAccepted(s_public, Of($"crowd {i}"));
        }

        Assert.False(_standings.IsStranger(s_public, Of("alice")));
    }

    private void Accept(RepositoryName repository, string? user) =>
        _tickets.RecordRefs(
            repository,
            Of(user),
            new RefListing(LsRefsRequest.All(ObjectFormat.Sha1), [new RefTip("refs/heads/main", CoreFixture.Id(1), null, null)]),
            _tickets.Now
        );

    private Credential Of(string? user) => _digester.Digest(user is null ? [] : [new("user", user)]);
}
