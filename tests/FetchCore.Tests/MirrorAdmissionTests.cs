using Waystation.CacheStore;
using Waystation.CacheStore.Disk;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Mirroring;

namespace Waystation.FetchCore.Tests;

public sealed class MirrorAdmissionTests
{
    private readonly ManualTime _time = new();
    private readonly CredentialDigester _digester = new();
    private readonly MirrorAdmission _misses;

    public MirrorAdmissionTests() =>
        _misses = new MirrorAdmission(new StrangerOptions { MirrorsPerHour = 20, MirrorsPerHourPerCredential = 8 }, _time);

    [Fact]
    public void StrangersMisses_TakeNoKnownClientsPlace()
    {
        Assert.False(_misses.IsSecond(CoreFixture.Repository, Of("alice"), isStranger: false));
        for (int i = 0; i < 20_000; i++)
        {
            Assert.False(_misses.IsSecond(new RepositoryName("git.example.com", $"public/{i}.git"), Of(null), isStranger: true));
        }

        Assert.True(_misses.IsSecond(CoreFixture.Repository, Of("alice"), isStranger: false));
    }

    [Fact]
    public void SecondMiss_BeginsAMirror_WithinTheHour()
    {
        Assert.False(_misses.IsSecond(CoreFixture.Repository, Of(null), isStranger: true));
        _time.Turn(TimeSpan.FromMinutes(61));
        Assert.False(_misses.IsSecond(CoreFixture.Repository, Of("alice"), isStranger: false));
        Assert.True(_misses.IsSecond(CoreFixture.Repository, Of(null), isStranger: true));
        Assert.False(_misses.IsSecond(CoreFixture.Repository, Of(null), isStranger: true));
    }

    [Fact]
    public void Strangers_BeginAFewMirrorsAnHour_UnderAnyNumberOfNames()
    {
        Assert.Equal(20, Enumerable.Range(0, 1_000).Count(i => _misses.MayBegin(Of($"stranger {i}"), isStranger: true)));

        // And take nothing from the others.
        Assert.True(_misses.MayBegin(Of("alice"), isStranger: false));
        _time.Turn(TimeSpan.FromMinutes(61));
        Assert.Equal(20, Enumerable.Range(0, 1_000).Count(i => _misses.MayBegin(Of($"stranger {i}"), isStranger: true)));
    }

    [Fact]
    public void Credential_BeginsAFewMirrorsAnHour_KnownOrNot()
    {
        Assert.Equal(8, Enumerable.Range(0, 100).Count(_ => _misses.MayBegin(Of("alice"), isStranger: false)));
        Assert.Equal(8, Enumerable.Range(0, 100).Count(_ => _misses.MayBegin(Of(null), isStranger: true)));
        Assert.True(_misses.MayBegin(Of("bob"), isStranger: false));
        _time.Turn(TimeSpan.FromMinutes(61));
        Assert.True(_misses.MayBegin(Of("alice"), isStranger: false));
    }

    private Credential Of(string? user) => _digester.Digest(user is null ? [] : [new("user", user)]);
}
