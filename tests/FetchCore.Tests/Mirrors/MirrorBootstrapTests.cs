using Waystation.FetchCore.Access;
using Waystation.FetchCore.Observing;
using Waystation.FetchCore.Packs;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.Requests;
using Waystation.TestKit.Servers;

namespace Waystation.FetchCore.Tests.Mirrors;

public sealed class MirrorBootstrapTests : IAsyncLifetime
{
    private MirrorFixture _node = null!;

    private bool HasMirror => _node.Core.Mirrors.Find(MirrorFixture.Repository) is not null;

    public async Task InitializeAsync() => _node = await MirrorFixture.OpenAsync();

    public async Task DisposeAsync() => await _node.DisposeAsync();

    [Fact]
    public async Task FullClone_BecomesTheMirror_AndThePrimaryMakesOnePack()
    {
        await _node.CloneAsync();
        ObjectId tip = await _node.ResolveAsync("main");
        Assert.Equal(FetchOutcome.Local, (await _node.ReadAsync("bob", MirrorFixture.Shallow(tip))).Outcome);
        Assert.Equal(1, _node.Primary.Packs);
        Assert.Equal(tip, _node.Mirror.Refs.Find("HEAD")?.Id);
        Assert.False(_node.Mirror.HoldsOrphans);
        await _node.AssertSoundAsync();
    }

    [Fact]
    public async Task SecondMissWithinTheHour_BeginsAMirrorBehindTheAnswer()
    {
        ObjectId tip = await _node.ResolveAsync("main");
        Assert.Equal(FetchOutcome.Forward, (await _node.ReadAsync("alice", MirrorFixture.Shallow(tip))).Outcome);
        Assert.Empty(_node.Primary.Syncs);
        await _node.ReadAsync("alice", MirrorFixture.Shallow(tip) with { Depth = 2 });
        await Eventually.TrueAsync("there is a mirror", () => HasMirror);
        Assert.Equal((2, 1), (_node.Primary.Fetches, _node.Primary.Syncs.Count));
        await _node.AssertSoundAsync();
    }

    [Fact]
    public async Task SecondMiss_CountsWithinAnHourOnly()
    {
        ObjectId tip = await _node.ResolveAsync("main");
        await _node.ReadAsync("alice", MirrorFixture.Shallow(tip));
        _node.Time.Turn(TimeSpan.FromMinutes(61));
        await _node.ReadAsync("alice", MirrorFixture.Shallow(tip) with { Depth = 2 });
        Assert.Empty(_node.Primary.Syncs);
    }

    [Fact]
    public async Task MirrorThatWasRemoved_IsMadeOfTheKeptClone_AndThePrimaryIsAskedForNoPack()
    {
        await _node.CloneAsync();
        Assert.True(_node.Core.Mirrors.Remove(MirrorFixture.Repository));
        await _node.CloneAsync("bob");
        Assert.Equal(1, _node.Primary.Packs);
        await _node.AssertSoundAsync();
    }

    [Fact]
    public async Task BrokenClone_MakesNoMirror_AndTheNextOneDoes()
    {
        AccessView view = await _node.ShowAsync();
        ObjectId tip = view.Tips().First().Id;
        _node.Primary.Garble = static answer => answer[..(answer.Length / 2)];
        var broken = Assert.IsType<FetchAnswer.Pack>(await _node.FetchAsync("alice", CoreFixture.Clone(tip)));
        await Assert.ThrowsAnyAsync<IOException>(() => CoreFixture.ReadAsync(broken));
        await _node.MakingEndsAsync();
        Assert.False(HasMirror);

        _node.Primary.Garble = static answer => answer;
        await _node.CloneAsync();
        await _node.AssertSoundAsync();
    }

    [Fact]
    public async Task ShallowPrimary_BecomesNoMirror()
    {
        ObjectId parent = await _node.ResolveAsync("main^");
        await File.WriteAllTextAsync(Path.Combine(_node.Source.Folder, "shallow"), $"{parent}\n");
        ObjectId tip = await _node.ResolveAsync("main");
        foreach (string user in (string[])["alice", "bob"])
        {
            await _node.ReadAsync(user, CoreFixture.Clone(tip));
            await _node.MakingEndsAsync();
            Assert.False(HasMirror);
        }

        Assert.Equal((2, 0), (_node.Primary.Fetches, _node.Primary.Syncs.Count));
    }

    [Fact]
    public async Task FailedAttempt_IsNotRepeatedWithinTheHour()
    {
        await using MirrorFixture small = await MirrorFixture.OpenAsync(new() { MaxSize = 1 });
        ObjectId tip = await small.ResolveAsync("main");
        await small.ReadAsync("alice", CoreFixture.Clone(tip));
        await small.MakingEndsAsync();
        Assert.False(small.Core.Making.MayRemake(MirrorFixture.Repository));
        await small.ReadAsync("bob", CoreFixture.Clone(tip));
        Assert.Null(small.Core.Mirrors.Find(MirrorFixture.Repository));
        small.Time.Turn(TimeSpan.FromMinutes(61));
        Assert.True(small.Core.Making.MayRemake(MirrorFixture.Repository));
    }

    [Fact]
    public async Task PrimaryOfVersion0_BecomesAMirrorAsWell()
    {
        _node.Primary.SpeaksOld = true;
        ObjectId tip = await _node.ResolveAsync("main");
        await _node.ReadAsync("alice", CoreFixture.Clone(tip), new ResponseFraming { ProtocolVersion = 0 });
        await Eventually.TrueAsync("there is a mirror", () => HasMirror);
        Assert.Equal(tip, _node.Mirror.Refs.Find("refs/heads/main")?.Id);
        await _node.AssertSoundAsync();
    }
}
