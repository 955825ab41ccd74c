using Waystation.CacheStore.Packs;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.Requests;

namespace Waystation.CacheStore.Tests;

public sealed class PackAdmissionTests
{
    private static readonly RepositoryName s_private = new("git.example.com", "private.git");
    private static readonly RepositoryName s_public = new("git.example.com", "public.git");

    [Fact]
    public void AnswersOfOneRepository_MakeNoneOfAnotherForgotten()
    {
        var admission = new PackAdmission(TimeProvider.System, capacity: 100);
        PackKey wanted = KeyOf(s_private, 0);
        admission.Count(s_private, wanted);
        for (int i = 0; i < 1_000; i++)
        {
            admission.Count(s_public, KeyOf(s_public, i));
        }

        admission.Count(s_private, wanted);
        Assert.True(admission.WasAskedAgain(s_private, wanted));
        Assert.False(admission.WasAskedAgain(s_public, KeyOf(s_public, 0)));
        Assert.False(admission.WasAskedAgain(s_public, KeyOf(s_public, 999)));
    }

    private static PackKey KeyOf(RepositoryName repository, int number)
    {
        ObjectId want = ObjectId.Parse(number.ToString("x40"));
        return PackKey.Of(
            repository,
            new FetchRequest
            {
                ObjectFormat = ObjectFormat.Sha1,
                Wants = [want],
                Pack = PackWhen.AtOnce,
            },
            []
        );
    }
}
