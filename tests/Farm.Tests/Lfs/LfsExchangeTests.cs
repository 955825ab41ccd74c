using Waystation.CacheStore;
using Waystation.CacheStore.Lfs;
using Waystation.Farm.Tests.Tickets;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Lfs;
using Waystation.FetchCore.Tests;
using Waystation.GitProtocol.Lfs;

namespace Waystation.Farm.Tests.Lfs;

/// <summary>Permissions for LFS objects at two nodes.</summary>
public sealed class LfsExchangeTests : IDisposable
{
    private static readonly LfsObject s_object = new(
        LfsObjectId.TryParse(new string('a', 64).AsSpan(), out LfsObjectId id) ? id : default,
        5
    );
    private static readonly LfsSourceParts s_parts = new("https://storage.example.com/object", [new("Authorization", "RemoteAuth 1")]);

    private readonly Medium _medium = new();
    private readonly ManualTime _time = new();
    private readonly TicketNode _one;
    private readonly TicketNode _other;

    public LfsExchangeTests()
    {
        _one = new TicketNode(_medium, "one", _time);
        _other = new TicketNode(_medium, "other", _time);
    }

    [Fact]
    public async Task Permission_OfOneNode_CountsAtTheOther_WithItsSource()
    {
        Grant("alice", s_parts);
        Assert.Equal(s_parts.Href, ((Source)(await RecallAsync("alice"))!.Source!).Parts!.Href);
        Assert.Null(await RecallAsync("bob"));
        Assert.Null(await RecallAsync("alice", s_object with { Size = 6 }));
    }

    [Fact]
    public async Task SourceWithTheUsersLogin_StaysAtItsNode_WhichTheUrlNames()
    {
        LfsGrant grant = Grant("alice", parts: null);
        Assert.Equal("one", _one.Lfs.NodeFor(grant));
        Assert.Null((await RecallAsync("alice"))!.Source);
        LfsUrlParts url = UrlOf(_other, "alice", s_object) with { Node = "one" };
        LfsGrant recalled = (await _other.Lfs.RecallAsync(url, "/the/url", CancellationToken.None))!;
        Assert.Equal("one /the/url", Assert.IsType<Source>(recalled.Source).From);
        Assert.Null(_one.Lfs.NodeFor(Grant("alice", s_parts)));
    }

    [Theory]
    [InlineData("reading")]
    [InlineData("lfs")]
    [InlineData("spelt")]
    public async Task Refusal_EndsItAtAll(string kind)
    {
        LfsGrants grants = new(_one.Tickets, _time, TimeSpan.FromMinutes(10));
        LfsGrant grant = Grant("alice", s_parts);
        Assert.True(grants.TryAdd(grant));
        using var third = new TicketNode(_medium, "third", _time);
        RepositoryName named = kind == "spelt" ? LfsGrants.Spelt(TicketNode.Repository) : TicketNode.Repository;
        Action<RepositoryName, Credential> refuse = kind == "reading" ? third.Tickets.Refuse : third.Tickets.RefuseLfs;
        refuse(named, third.Of("alice"));
        Assert.Null(await RecallAsync("alice"));
        Assert.Null(grants.Find(TicketNode.Repository, _one.Of("alice"), s_object));
        Assert.False(grants.TryAdd(grant));
    }

    [Fact]
    public async Task RefusalWhileThePermissionIsOnItsWay_EndsIt()
    {
        Grant("alice", s_parts);
        using var third = new TicketNode(_medium, "third", _time);
        _other.At.WhileFinding = () => third.Tickets.RefuseLfs(TicketNode.Repository, third.Of("alice"));
        Assert.Null(await RecallAsync("alice"));
    }

    /// <summary>The credential of such a URL cannot be compared here, so each refusal of a login for the repository ends it.</summary>
    [Fact]
    public async Task UrlOfTheOtherKey_IsGood_UntilAnyLoginIsRefused()
    {
        Grant("alice", s_parts);
        using var rotated = new TicketNode(_medium, "rotated", _time, "the-second-secret-of-this-farm-987654321", TicketNode.Secret);
        LfsUrlParts url = UrlOf(_one, "alice", s_object) with { IsOfOtherKey = true };
        Assert.NotNull(await rotated.Lfs.RecallAsync(url, "", CancellationToken.None));
        rotated.Refuse("");
        Assert.NotNull(await rotated.Lfs.RecallAsync(url, "", CancellationToken.None));
        _time.Turn(TimeSpan.FromSeconds(1));
        rotated.Refuse("alice");
        Assert.Null(await rotated.Lfs.RecallAsync(url, "", CancellationToken.None));
        Assert.Null(await RecallAsync("alice"));
    }

    [Fact]
    public async Task WhileANodeDoesNotHear_ItRecallsNothing()
    {
        Grant("alice", s_parts);
        _other.At.IsHearing = false;
        Assert.Null(await RecallAsync("alice"));
    }

    public void Dispose()
    {
        _one.Dispose();
        _other.Dispose();
    }

    private static LfsUrlParts UrlOf(TicketNode node, string user, LfsObject asked) =>
        new(TicketNode.Repository, node.Of(user), asked, Node: null);

    private LfsGrant Grant(string user, LfsSourceParts? parts)
    {
        var grant = new LfsGrant(TicketNode.Repository, _one.Of(user), s_object, _one.Tickets.Now)
        {
            Source = new Source("the primary", parts),
            SourceLifetime = TimeSpan.FromMinutes(5),
        };
        _one.Lfs.Share(grant);
        return grant;
    }

    private ValueTask<LfsGrant?> RecallAsync(string user, LfsObject? asked = null) =>
        _other.Lfs.RecallAsync(UrlOf(_other, user, asked ?? s_object), "", CancellationToken.None);

    /// <summary>A source that only says what it is.</summary>
    internal sealed record Source(string From, LfsSourceParts? Parts) : ILfsSource
    {
        public int Bytes => 1;

        public Task FillAsync(ILfsSink sink) => throw new NotSupportedException();
    }

    /// <summary>Makes sources that only say what they are.</summary>
    internal sealed class Sources : ILfsSources, IObjectPeers
    {
        public ILfsSource Of(RepositoryName repository, Credential credential, LfsSourceParts parts) => new Source("parts", parts);

        public ILfsSource SourceAt(string node, string target) => new Source($"{node} {target}", null);

        public ILfsSource Through(LfsGrant grant, ILfsSource? own) => own ?? new Source("the others", null);

        public ValueTask<bool> HaveAsync(RepositoryName repository, LfsObject asked, CancellationToken cancellationToken) => new(false);

        public void Offer(RepositoryName repository, LfsObject stored) { }
    }
}
