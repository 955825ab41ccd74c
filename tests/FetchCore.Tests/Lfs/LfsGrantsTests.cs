using Waystation.CacheStore;
using Waystation.CacheStore.Lfs;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Access.Tickets;
using Waystation.FetchCore.Lfs;
using Waystation.GitProtocol.Lfs;

namespace Waystation.FetchCore.Tests.Lfs;

/// <summary>The primary's permissions: who has which, until when, and how a refusal ends them.</summary>
public sealed class LfsGrantsTests
{
    private static readonly RepositoryName s_repository = new("git.example.com", "team/tool.git");
    private static readonly TimeSpan s_memory = TimeSpan.FromMinutes(10);

    private readonly ManualTime _time = new();
    private readonly CredentialDigester _digester = new();
    private readonly AccessTickets _tickets;
    private readonly LfsGrants _grants;

    public LfsGrantsTests()
    {
        _time.Turn(TimeSpan.FromSeconds(1));
        _tickets = new AccessTickets(_time, TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(10));
        _grants = new LfsGrants(_tickets, _time, s_memory, maxBytes: 100_000);
    }

    [Fact]
    public void Permission_IsForOneCredentialRepositoryObjectAndSize()
    {
        Add("alice", 1);

        Assert.NotNull(Find("alice", 1));
        Assert.Null(Find("bob", 1));
        Assert.Null(Find("alice", 2));
        Assert.Null(_grants.Find(s_repository with { Path = "team/other.git" }, Of("alice"), Numbered.Object(1)));
        Assert.Null(_grants.Find(s_repository, Of("alice"), Numbered.Object(1) with { Size = 5 }));
    }

    [Fact]
    public void Permission_EndsByTime()
    {
        Add("alice", 1);
        _time.Turn(s_memory - TimeSpan.FromTicks(1));
        Assert.NotNull(Find("alice", 1));

        _time.Turn(TimeSpan.FromTicks(1));

        Assert.Null(Find("alice", 1));
    }

    [Theory]
    [InlineData("team/tool.git")]
    [InlineData("team/tool")] // git-lfs appends .git to the URL of a remote
    public void RefusalOfAFetch_EndsThePermissionsOfThatCredential(string path)
    {
        Add("alice", 1);
        Add("bob", 1);

        _tickets.Refuse(s_repository with { Path = path }, Of("alice"));

        Assert.Null(Find("alice", 1));
        Assert.NotNull(Find("bob", 1));
    }

    [Fact]
    public void AnswerThatWasUnderWayAtTheRefusal_GivesNoPermission()
    {
        long askedAt = _tickets.Now;
        _time.Turn(TimeSpan.FromMilliseconds(1));
        _tickets.Refuse(s_repository, Of("alice"));

        Assert.False(_grants.TryAdd(new LfsGrant(s_repository, Of("alice"), Numbered.Object(1), askedAt)));
        Assert.Null(Find("alice", 1));

        _time.Turn(TimeSpan.FromMilliseconds(1));
        Add("alice", 1);
        Assert.NotNull(Find("alice", 1));
    }

    [Fact]
    public void WhoeverTakesTheMost_MakesRoom()
    {
        Add("alice", 1);
        for (int i = 0; i < 2_000; i++)
        {
            Add("bob", i);
            Assert.InRange(_grants.Bytes, 1, 100_000);
        }

        Assert.NotNull(Find("alice", 1));
        Assert.NotNull(Find("bob", 1_999));
        Assert.Null(Find("bob", 0));
    }

    [Fact]
    public void PermissionSetAgain_TakesNoMoreRoom()
    {
        Add("alice", 1);
        long bytes = _grants.Bytes;

        Add("alice", 1);
        Assert.Equal(bytes, _grants.Bytes);

        _tickets.RefuseLfs(s_repository, Of("alice"));
        Assert.Equal(0, _grants.Bytes);
    }

    private void Add(string user, int number) =>
        Assert.True(
            _grants.TryAdd(new LfsGrant(s_repository, Of(user), Numbered.Object(number), _tickets.Now) { Source = new NoSource() })
        );

    private LfsGrant? Find(string user, int number) => _grants.Find(s_repository, Of(user), Numbered.Object(number));

    private Credential Of(string user) => _digester.Digest([new("header authorization", user)]);

    private sealed class NoSource : ILfsSource
    {
        public int Bytes => 100;

        public LfsSourceParts? Parts => null;

        public Task FillAsync(ILfsSink sink) => Task.CompletedTask;
    }
}
