using System.Net;
using Waystation.CacheStore;
using Waystation.FetchCore.Access;
using Waystation.Primaries.Gate;
using Waystation.Primaries.Http;

namespace Waystation.Primaries.Tests;

public sealed class LastChallengesTests
{
    private const string Name = "https://git.example.com";
    private static readonly Credential s_nobody = new CredentialDigester().Digest([]);

    [Fact]
    public void Questions_ForRepositoriesThatAreNotThere_PushOutNone()
    {
        var challenges = new LastChallenges();
        var known = new RepositoryName("git.example.com", "team/tool.git");
        Note(challenges, known, "Basic realm=\"tool\"");
        for (int i = 0; i < 20_000; i++)
        {
            Note(challenges, new RepositoryName("git.example.com", $"guess/{i}.git"), "Basic realm=\"guess\"");
        }

        Assert.Equal("Basic realm=\"tool\"", challenges.Find(known, Name));
        Assert.Equal("Basic realm=\"guess\"", challenges.LastUnder(Name));
        Assert.Null(challenges.Find(new RepositoryName("git.example.com", "guess/19999.git"), Name));
    }

    private static void Note(LastChallenges challenges, RepositoryName repository, string challenge)
    {
        using var response = new HttpResponseMessage(HttpStatusCode.Unauthorized);
        response.Headers.TryAddWithoutValidation("WWW-Authenticate", challenge);
        challenges.Note(new UpstreamRead(repository, s_nobody, AsksForRefs: true, Name), response);
    }
}
