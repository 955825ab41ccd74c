using System.Net;
using Waystation.CacheStore;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Tests;
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
        var time = new ManualTime();
        var challenges = new LastChallenges(time);
        var known = new RepositoryName("git.example.com", "team/tool.git");
        Note(challenges, known, "Basic realm=\"tool\"");
        time.Turn(TimeSpan.FromSeconds(1));
        Note(challenges, known, "Basic realm=\"tool\"");
        for (int i = 0; i < 20_000; i++)
        {
            Note(challenges, new RepositoryName("git.example.com", $"guess/{i}.git"), "Basic realm=\"guess\"");
        }

        Assert.Equal("Basic realm=\"tool\"", challenges.Find(known, Name));
        Assert.Equal("Basic realm=\"guess\"", challenges.LastUnder(Name));
        Assert.Null(challenges.Find(new RepositoryName("git.example.com", "guess/0.git"), Name));
    }

    [Fact]
    public void Names_ThatClientsInvent_PushOutNoneInUse()
    {
        var time = new ManualTime();
        var challenges = new LastChallenges(time);
        var repository = new RepositoryName("git.example.com", "team/tool.git");
        Note(challenges, repository, "Basic realm=\"tool\"");
        time.Turn(TimeSpan.FromSeconds(1));
        Note(challenges, repository, "Basic realm=\"tool\"");
        for (int i = 0; i < 20_000; i++)
        {
            Note(challenges, repository, "Basic realm=\"guess\"", $"https://{i}.example.com");
        }

        Assert.Equal("Basic realm=\"tool\"", challenges.LastUnder(Name));
        Assert.Equal("Basic realm=\"tool\"", challenges.Find(repository, Name));
        Assert.Equal("Basic realm=\"guess\"", challenges.LastUnder("https://19999.example.com"));
    }

    private static void Note(LastChallenges challenges, RepositoryName repository, string challenge, string name = Name)
    {
        using var response = new HttpResponseMessage(HttpStatusCode.Unauthorized);
        response.Headers.TryAddWithoutValidation("WWW-Authenticate", challenge);
        challenges.Note(new UpstreamRead(repository, s_nobody, AsksForRefs: true, name), response);
    }
}
