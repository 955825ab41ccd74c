using Waystation.FetchCore.Access;
using Waystation.FetchCore.Observing;
using Waystation.FetchCore.Packs;
using Waystation.GitProtocol.Advertisements;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.Requests;

namespace Waystation.FetchCore.Tests;

public sealed class AccessTests : IAsyncLifetime
{
    private static readonly ObjectId s_tip = CoreFixture.Id(1);
    private static readonly ObjectId s_secret = CoreFixture.Id(2);

    private readonly CoreFixture _core = new();

    public Task InitializeAsync()
    {
        _core.Primary.Refs.Add(("refs/heads/main", s_tip, null));
        return Task.CompletedTask;
    }

    public async Task DisposeAsync() => await _core.DisposeAsync();

    [Fact]
    public async Task Refused_GetsNothing_ThoughTheAnswerIsCached()
    {
        await CoreFixture.ReadAsync(await _core.FetchAsync("alice", CoreFixture.Clone(s_tip)));
        _core.Primary.Refuses = static user => user == "mallory";
        var forward = Assert.IsType<FetchAnswer.Forward>(await _core.FetchAsync("mallory", CoreFixture.Clone(s_tip)));
        Assert.Equal(ForwardReason.NotAccepted, forward.Reason);
    }

    [Fact]
    public async Task Want_ShownToAnotherOnly_IsNotVisible()
    {
        Show("alice", new LsRefsRequest { Peel = true }, new RefTip("refs/heads/hidden", s_secret, null, null));
        await CoreFixture.ReadAsync(await _core.FetchAsync("alice", CoreFixture.Clone(s_secret)));
        var forward = Assert.IsType<FetchAnswer.Forward>(await _core.FetchAsync("bob", CoreFixture.Clone(s_secret)));
        Assert.Equal(ForwardReason.NotVisible, forward.Reason);
        Assert.Equal(1, _core.Primary.Packs);
    }

    [Fact]
    public async Task Ticket_SparesTheQuestion_UntilItsAnswerIsOld()
    {
        await CoreFixture.ReadAsync(await _core.FetchAsync("alice", CoreFixture.Clone(s_tip)));
        Assert.Equal(1, _core.Primary.Listings);
        for (int i = 0; i < 5; i++)
        {
            _core.Time.Turn(TimeSpan.FromSeconds(5));
            await CoreFixture.ReadAsync(await _core.FetchAsync("alice", CoreFixture.Clone(s_tip)));
        }

        Assert.Equal(1, _core.Primary.Listings);
        _core.Time.Turn(TimeSpan.FromSeconds(5)); // use has not renewed it
        await CoreFixture.ReadAsync(await _core.FetchAsync("alice", CoreFixture.Clone(s_tip)));
        Assert.Equal(2, _core.Primary.Listings);
    }

    [Fact]
    public async Task Ticket_IsNever_WhenItsLifetimeIsZero()
    {
        await using var core = new CoreFixture(TimeSpan.Zero);
        core.Primary.Refs.Add(("refs/heads/main", s_tip, null));
        await CoreFixture.ReadAsync(await core.FetchAsync("alice", CoreFixture.Clone(s_tip)));
        await CoreFixture.ReadAsync(await core.FetchAsync("alice", CoreFixture.Clone(s_tip)));
        Assert.Equal(2, core.Primary.Listings);
        Assert.Equal(1, core.Primary.Packs);
    }

    [Fact]
    public void Refusal_EndsTheTicket_AndAnswersFromBeforeIt()
    {
        long before = _core.Tickets.Now;
        Show("alice", LsRefsRequest.All(ObjectFormat.Sha1), new RefTip("refs/heads/main", s_tip, null, null));
        _core.Time.Turn(TimeSpan.FromSeconds(1));
        _core.Tickets.Refuse(CoreFixture.Repository, _core.CredentialOf("alice"));
        Assert.Null(_core.Tickets.Find(CoreFixture.Repository, _core.CredentialOf("alice")));

        _core.Tickets.RecordRefs(
            CoreFixture.Repository,
            _core.CredentialOf("alice"),
            Listing(LsRefsRequest.All(ObjectFormat.Sha1)),
            before
        );
        Assert.Null(_core.Tickets.Find(CoreFixture.Repository, _core.CredentialOf("alice")));

        _core.Time.Turn(TimeSpan.FromSeconds(1));
        Show("alice", LsRefsRequest.All(ObjectFormat.Sha1));
        Assert.NotNull(_core.Tickets.Find(CoreFixture.Repository, _core.CredentialOf("alice")));
    }

    /// <summary>Nobody knows which the primary decided first, if the question was under way when the refusal came.</summary>
    [Fact]
    public async Task Refusal_EndsAnswersToQuestionsThatWereUnderWay_ThoughItsOwnQuestionIsOlder()
    {
        Credential alice = _core.CredentialOf("alice");
        await using var refusal = new FakeReply([], _core.Tickets.Now, isRefusal: true);
        _core.Time.Turn(TimeSpan.FromSeconds(1));
        long asked = _core.Tickets.Now;
        _core.Time.Turn(TimeSpan.FromSeconds(1));
        _core.Refs.NoteRefusal(CoreFixture.Repository, alice, refusal);

        _core.Tickets.RecordRefs(CoreFixture.Repository, alice, Listing(LsRefsRequest.All(ObjectFormat.Sha1)), asked);

        Assert.Null(_core.Tickets.Find(CoreFixture.Repository, alice));
    }

    [Fact]
    public void Refusals_AreBounded_AndStillEndWhatWasAnsweredBeforeThem()
    {
        long before = _core.Tickets.Now;
        _core.Time.Turn(TimeSpan.FromSeconds(1));
        _core.Tickets.Refuse(CoreFixture.Repository, _core.CredentialOf("alice"));
        for (int i = 0; i < 70_000; i++)
        {
            _core.Tickets.Refuse(CoreFixture.Repository, _core.CredentialOf($"guess {i}"));
        }

        Assert.InRange(_core.Tickets.Count, 1, 65_536);
        _core.Tickets.RecordRefs(
            CoreFixture.Repository,
            _core.CredentialOf("alice"),
            Listing(LsRefsRequest.All(ObjectFormat.Sha1)),
            before
        );
        Assert.Null(_core.Tickets.Find(CoreFixture.Repository, _core.CredentialOf("alice")));
    }

    [Fact]
    public void NewerListing_ReplacesWhatItsPrefixesCover_AndNothingElse()
    {
        Show(
            "alice",
            LsRefsRequest.All(ObjectFormat.Sha1),
            new RefTip("refs/heads/gone", s_secret, null, null),
            new RefTip("refs/tags/v1", s_tip, null, null)
        );
        _core.Time.Turn(TimeSpan.FromSeconds(1));
        Show("alice", new LsRefsRequest { RefPrefixes = ["refs/heads/"] });
        AccessView view = _core.Tickets.Find(CoreFixture.Repository, _core.CredentialOf("alice"))!;
        Assert.False(view.Shows([s_secret]));
        Assert.True(view.Shows([s_tip]));
    }

    [Fact]
    public void LateAnswer_DoesNotReplaceANewerOne()
    {
        long early = _core.Tickets.Now;
        _core.Time.Turn(TimeSpan.FromSeconds(1));
        Show("alice", LsRefsRequest.All(ObjectFormat.Sha1), new RefTip("refs/heads/main", s_tip, null, null));
        _core.Tickets.RecordRefs(
            CoreFixture.Repository,
            _core.CredentialOf("alice"),
            Listing(LsRefsRequest.All(ObjectFormat.Sha1), new RefTip("refs/heads/main", s_secret, null, null)),
            early
        );
        AccessView view = _core.Tickets.Find(CoreFixture.Repository, _core.CredentialOf("alice"))!;
        Assert.True(view.Shows([s_tip]));
        Assert.False(view.Shows([s_secret]));
    }

    [Fact]
    public async Task AnyObject_IsVisible_WhereThePrimaryGivesAnyToItsReaders()
    {
        FetchAnswer answer = await _core.FetchAsync("alice", CoreFixture.Clone(s_secret), VisibilityRule.Repository);
        Assert.Equal(FakePrimary.Pack, await CoreFixture.ReadAsync(answer));
        Assert.Equal(0, _core.Primary.Listings);
    }

    [Fact]
    public async Task DeepenRelative_NeedsTheClientsShallowCommitsShown()
    {
        var request = CoreFixture.Clone(s_tip) with { DeepenRelative = true, Depth = 1, Shallows = [s_secret] };
        Assert.Equal(ForwardReason.NotVisible, Assert.IsType<FetchAnswer.Forward>(await _core.FetchAsync("alice", request)).Reason);
    }

    [Fact]
    public async Task IncludeTag_IsForwarded_WithoutACompleteListingOfTags()
    {
        Show("alice", new LsRefsRequest { Peel = true, RefPrefixes = ["refs/heads/"] }, new RefTip("refs/heads/main", s_tip, null, null));
        var request = CoreFixture.Clone(s_tip) with { IncludeTag = true };
        Assert.Equal(ForwardReason.TagsUnknown, Assert.IsType<FetchAnswer.Forward>(await _core.FetchAsync("alice", request)).Reason);
    }

    [Fact]
    public async Task IncludeTag_HasAKeyForEachSetOfTags()
    {
        var request = CoreFixture.Clone(s_tip) with { IncludeTag = true };
        var main = new RefTip("refs/heads/main", s_tip, null, null);
        _core.Primary.Refs.Add(("refs/tags/v1", CoreFixture.Id(5), s_tip));
        _core.Primary.Shows = static (user, name) => user != "bob" || name != "refs/tags/v1";
        Show("alice", LsRefsRequest.All(ObjectFormat.Sha1), main, new RefTip("refs/tags/v1", CoreFixture.Id(5), s_tip, null));
        Show("bob", LsRefsRequest.All(ObjectFormat.Sha1), main);
        Show("carol", LsRefsRequest.All(ObjectFormat.Sha1), main, new RefTip("refs/tags/v1", CoreFixture.Id(5), s_tip, null));
        await CoreFixture.ReadAsync(await _core.FetchAsync("alice", request));
        await CoreFixture.ReadAsync(await _core.FetchAsync("bob", request));
        Assert.Equal(2, _core.Primary.Packs);
        var carol = Assert.IsType<FetchAnswer.Pack>(await _core.FetchAsync("carol", request));
        await CoreFixture.ReadAsync(carol);
        Assert.Equal(FetchOutcome.Hit, carol.Outcome);
    }

    [Fact]
    public void Credential_IsTheSame_WhateverTheOrderOfNames_AndNeverByJoiningParts()
    {
        var digester = new CredentialDigester();
        Assert.Equal(digester.Digest([new("a", "1"), new("b", "2")]), digester.Digest([new("b", "2"), new("a", "1")]));
        Assert.NotEqual(digester.Digest([new("a", "1b")]), digester.Digest([new("a1", "b")]));
        // Of two logins a server may read the first.
        Assert.NotEqual(digester.Digest([new("a", "1"), new("a", "2")]), digester.Digest([new("a", "2"), new("a", "1")]));
        Assert.NotEqual(digester.Digest([new("a", "1")]), digester.Digest([new("a", "1"), new("a", "1")]));
        Assert.NotEqual(digester.Digest([new("a", "1")]), new CredentialDigester().Digest([new("a", "1")]));
        Assert.True(digester.Digest([]).IsAnonymous);
    }

    private static RefListing Listing(LsRefsRequest asked, params RefTip[] tips) => new(asked, tips);

    private void Show(string user, LsRefsRequest asked, params RefTip[] tips) =>
        _core.Tickets.RecordRefs(CoreFixture.Repository, _core.CredentialOf(user), Listing(asked, tips), _core.Tickets.Now);
}
