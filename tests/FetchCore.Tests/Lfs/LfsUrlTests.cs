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

        Assert.True(_urls.TryRead(target, out RepositoryName repository, out Credential found, out LfsObject asked));
        Assert.Equal(s_repository, repository);
        Assert.Equal(credential, found);
        Assert.Equal(isAnonymous, found.IsAnonymous);
        Assert.Equal(Numbered.Object(1), asked);
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
                    Assert.False(_urls.TryRead(target[..at] + other + target[(at + 1)..], out _, out _, out _));
                }

                Assert.False(_urls.TryRead(target.Insert(at, $"{other}"), out _, out _, out _));
            }

            Assert.False(_urls.TryRead(target[..at], out _, out _, out _));
            Assert.False(_urls.TryRead(target.Remove(at, 1), out _, out _, out _));
        }

        Assert.False(_urls.TryRead(target + "&x=1", out _, out _, out _));
        Assert.False(_urls.TryRead(target + "é", out _, out _, out _));
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
            Assert.False(_urls.TryRead(one[..mark] + alice[alice.LastIndexOf('&')..], out _, out _, out _));
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
        Assert.True(_urls.TryRead(target, out _, out _, out _));

        _time.Turn(TimeSpan.FromSeconds(1));

        Assert.False(_urls.TryRead(target, out _, out _, out _));
    }

    [Fact]
    public void Url_DoesNotEndBeforeTheTimeThatTheClientWasTold()
    {
        _time.Turn(TimeSpan.FromMilliseconds(900));
        string target = Sign(s_repository, Of("alice"));
        _time.Turn(TimeSpan.FromMinutes(1) - TimeSpan.FromMilliseconds(1));

        Assert.True(_urls.TryRead(target, out _, out _, out _));
    }

    [Fact]
    public void AnotherProcess_SignsWithAnotherKey() =>
        Assert.False(new LfsUrls(_time).TryRead(Sign(s_repository, Of("alice")), out _, out _, out _));

    private string Sign(RepositoryName repository, Credential credential) =>
        _urls.Sign(repository, credential, Numbered.Object(1), _time.GetUtcNow() + TimeSpan.FromMinutes(1));

    private Credential Of(string user) => _digester.Digest([new("header authorization", user)]);
}
