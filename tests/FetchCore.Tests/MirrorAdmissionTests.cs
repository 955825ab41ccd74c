using Waystation.CacheStore;
using Waystation.FetchCore.Mirroring;

namespace Waystation.FetchCore.Tests;

public sealed class MirrorAdmissionTests
{
    private readonly ManualTime _time = new();

    [Fact]
    public void StrangersMisses_TakeNoUsersPlace()
    {
        var misses = new MirrorAdmission(_time);
        Assert.False(misses.IsSecond(CoreFixture.Repository, isAnonymous: false));
        for (int i = 0; i < 20_000; i++)
        {
            Assert.False(misses.IsSecond(new RepositoryName("git.example.com", $"public/{i}.git"), isAnonymous: true));
        }

        Assert.True(misses.IsSecond(CoreFixture.Repository, isAnonymous: false));
    }

    [Fact]
    public void SecondMiss_BeginsAMirror_WithinTheHour()
    {
        var misses = new MirrorAdmission(_time);
        Assert.False(misses.IsSecond(CoreFixture.Repository, isAnonymous: true));
        _time.Turn(TimeSpan.FromMinutes(61));
        Assert.False(misses.IsSecond(CoreFixture.Repository, isAnonymous: false));
        Assert.True(misses.IsSecond(CoreFixture.Repository, isAnonymous: true));
        Assert.False(misses.IsSecond(CoreFixture.Repository, isAnonymous: true));
    }
}
