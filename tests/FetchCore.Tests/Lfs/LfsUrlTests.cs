using Waystation.CacheStore;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Lfs;
using Waystation.GitProtocol.Lfs;

namespace Waystation.FetchCore.Tests.Lfs;

/// <summary>Signed URLs: nothing but the very text that the node signed is good, and only until its end.</summary>
public sealed class LfsUrlTests
{
    private static readonly RepositoryName s_repository = new("git.example.com:8443", "team/tool.git");

    private readonly ManualTime _time = new();
    private readonly CredentialDigester _digester = new();
    private readonly LfsUrls _urls;

    public LfsUrlTests() => _urls = new LfsUrls(_time);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void SignedUrl_IsReadBack(bool isAnonymous)
    {
        Credential credential = isAnonymous ? _digester.Digest([]) : Of("alice");

        string target = Sign(s_repository, credential);

        LfsUrlParts parts = Assert.IsType<LfsUrlParts>(_urls.Read(target));
        Assert.Equal(new LfsUrlParts(s_repository, credential, Numbered.Object(1), Node: null), parts);
        Assert.Equal(isAnonymous, parts.Credential.IsAnonymous);
    }

    [Fact]
    public void EveryChangeOfACharacter_IsRefused()
    {
        string target = Sign(s_repository, Of("alice"));
        for (int at = 0; at < target.Length; at++)
        {
            foreach (char other in "0a/%&?=A.")
            {
                if (other != target[at])
                {
                    Assert.Null(_urls.Read(target[..at] + other + target[(at + 1)..]));
                }

                Assert.Null(_urls.Read(target.Insert(at, $"{other}")));
            }

            Assert.Null(_urls.Read(target[..at]));
            Assert.Null(_urls.Read(target.Remove(at, 1)));
        }

        Assert.Null(_urls.Read(target + "&x=1"));
        Assert.Null(_urls.Read(target + "é"));
    }

    [Fact]
    public void PartsOfTwoUrls_AreNoUrl()
    {
        string alice = Sign(s_repository, Of("alice"));
        string bob = Sign(s_repository, Of("bob"));
        string other = Sign(new RepositoryName("git.example.com:8443", "team/other.git"), Of("alice"));
        foreach (string one in new[] { bob, other })
        {
            int mark = one.LastIndexOf('&');
            Assert.Null(_urls.Read(one[..mark] + alice[alice.LastIndexOf('&')..]));
        }

        // A slash may stand in a path: the same letters cut in another place are another repository.
        Assert.NotEqual(
            Sign(new RepositoryName("a", "b/c"), Of("alice")).Split("signature=")[1],
            Sign(new RepositoryName("a/b", "c"), Of("bob")).Split("signature=")[1]
        );
    }

    [Fact]
    public void AtItsEnd_AUrlIsRefused()
    {
        string target = Sign(s_repository, Of("alice"));
        _time.Turn(TimeSpan.FromSeconds(59));
        Assert.NotNull(_urls.Read(target));

        _time.Turn(TimeSpan.FromSeconds(1));

        Assert.Null(_urls.Read(target));
    }

    [Fact]
    public void Url_DoesNotEndBeforeTheTimeThatTheClientWasTold()
    {
        _time.Turn(TimeSpan.FromMilliseconds(900));
        string target = Sign(s_repository, Of("alice"));
        _time.Turn(TimeSpan.FromMinutes(1) - TimeSpan.FromMilliseconds(1));

        Assert.NotNull(_urls.Read(target));
    }

    [Fact]
    public void AnotherProcess_SignsWithAnotherKey() => Assert.Null(new LfsUrls(_time).Read(Sign(s_repository, Of("alice"))));

    [Fact]
    public void Nodes_WithACommonKey_ReadEachOthersUrls()
    {
        byte[] old = new byte[32];
        byte[] next = [1, .. old[1..]];
        LfsUrls[] steps = [new(_time, [old]), new(_time, [old, next]), new(_time, [next, old]), new(_time, [next])];
        var parts = new LfsUrlParts(s_repository, Of("alice"), Numbered.Object(1), "node 1&at=x/ü");
        for (int step = 1; step < steps.Length; step++)
        {
            DateTimeOffset expires = _time.GetUtcNow() + TimeSpan.FromMinutes(1);
            bool isSameKey = step != 2;
            Assert.Equal(parts with { IsOfOtherKey = !isSameKey }, steps[step].Read(steps[step - 1].Sign(parts, expires)));
            Assert.Equal(parts with { IsOfOtherKey = !isSameKey }, steps[step - 1].Read(steps[step].Sign(parts, expires)));
        }

        Assert.Null(steps[0].Read(steps[3].Sign(parts, _time.GetUtcNow() + TimeSpan.FromMinutes(1))));
    }

    [Fact]
    public void NodeOfAUrl_CannotBeAddedOrTakenAway()
    {
        DateTimeOffset expires = _time.GetUtcNow() + TimeSpan.FromMinutes(1);
        var parts = new LfsUrlParts(s_repository, Of("alice"), Numbered.Object(1), "one");
        string target = _urls.Sign(parts, expires);
        Assert.Equal(parts, _urls.Read(target));
        Assert.Null(_urls.Read(target.Replace("&at=one", "", StringComparison.Ordinal)));
        Assert.Null(_urls.Read(target.Replace("&at=one", "&at=two", StringComparison.Ordinal)));
        Assert.Null(_urls.Read(target.Replace("&at=one", "&at=%6fne", StringComparison.Ordinal)));
        Assert.Null(_urls.Read(Sign(s_repository, Of("alice")).Replace("&signature", "&at=one&signature", StringComparison.Ordinal)));
    }

    private string Sign(RepositoryName repository, Credential credential) =>
        _urls.Sign(new LfsUrlParts(repository, credential, Numbered.Object(1), Node: null), _time.GetUtcNow() + TimeSpan.FromMinutes(1));

    private Credential Of(string user) => _digester.Digest([new("header authorization", user)]);
}
