using Waystation.CacheStore.Mirrors;
using Waystation.GitProtocol.Objects;

namespace Waystation.CacheStore.Tests.Mirrors;

/// <summary>Objects of a pack to which no wanted object leads are orphans from the first moment.</summary>
public sealed class StrayObjectsTests
{
    [Theory]
    [InlineData("sha1")]
    [InlineData("sha256")]
    public async Task Strays_AreToldFromWhatWasWanted(string format)
    {
        using MirrorBench bench = await MirrorBench.OpenAsync(format: format);
        Mirror mirror = await bench.MakeAsync();
        ObjectId[] known = [.. mirror.Refs.Tips.Select(static tip => tip.Id)];
        ObjectId stray = await bench.CommitAsync("stray"),
            tip = await bench.CommitAsync();
        await bench.Source.RunAsync("update-ref", "-d", "refs/heads/stray");
        Brought brought = await bench.TakeAsync(mirror, await bench.PackAsync([tip, stray], known), [tip], isWhole: false);
        Assert.Equal(StrayObjects.Some, brought.Strays);
        Assert.True(mirror.HoldsOrphans);
    }

    /// <summary>The mirror had the objects before that complete a thin pack, or that a sender did not know to be here.</summary>
    [Fact]
    public async Task WhatTheMirrorHadBefore_IsNoStray()
    {
        using MirrorBench bench = await MirrorBench.OpenAsync();
        Mirror mirror = await bench.MakeAsync();
        ObjectId old = await bench.ResolveAsync("refs/heads/main~3"),
            tip = await bench.CommitAsync();
        Brought brought = await bench.TakeAsync(mirror, await bench.PackAsync([tip], [old]), [tip], isWhole: false);
        Assert.Equal(StrayObjects.None, brought.Strays);
        Assert.Equal([tip], brought.Roots);
    }

    [Fact]
    public async Task FirstPack_MayHaveStraysAsWell()
    {
        using MirrorBench bench = await MirrorBench.OpenAsync();
        ObjectId stray = await bench.CommitAsync("stray"),
            tip = await bench.ResolveAsync("refs/heads/main");
        Mirror prepared = await bench.Mirrors.PrepareAsync(MirrorBench.Widgets, ObjectFormat.Sha1, isOfStrangers: false, default);
        Assert.Equal(
            StrayObjects.Some,
            (await bench.TakeAsync(prepared, await bench.PackAsync([tip, stray], []), [tip], isWhole: true)).Strays
        );
        MirrorSet.Discard(prepared);
        prepared = await bench.Mirrors.PrepareAsync(MirrorBench.Widgets, ObjectFormat.Sha1, isOfStrangers: false, default);
        Assert.Equal(StrayObjects.None, (await bench.TakeAsync(prepared, await bench.PackAsync([tip], []), [tip], isWhole: true)).Strays);
        MirrorSet.Discard(prepared);
    }

    /// <summary>A tag that came along is led to where its ref is set, and is a root that must then be seen to have one.</summary>
    [Fact]
    public async Task TagThatCameAlong_IsARoot_WhereItIsShown()
    {
        using MirrorBench bench = await MirrorBench.OpenAsync();
        Mirror mirror = await bench.MakeAsync();
        ObjectId[] known = [.. mirror.Refs.Tips.Select(static tip => tip.Id)];
        ObjectId tip = await bench.CommitAsync();
        await bench.Source.RunAsync(
            "-c",
            "user.name=Sana",
            "-c",
            "user.email=sana@example.com",
            "tag",
            "--annotate",
            "--message=one",
            "v1",
            tip.ToString()
        );
        ObjectId tag = await bench.ResolveAsync("refs/tags/v1");
        byte[] pack = await bench.PackAsync([tip, tag], known);
        Assert.Equal(StrayObjects.Some, (await bench.TakeAsync(mirror, pack, [tip], isWhole: false)).Strays);
        bench.Restart();
        mirror = bench.Mirrors.Find(MirrorBench.Widgets)!;
        await bench.Upkeep.RunAsync(mirror, default);
        Brought brought = await bench.TakeAsync(mirror, pack, [tip], isWhole: false, shown: tag);
        Assert.Equal(StrayObjects.None, brought.Strays);
        Assert.Equal([.. ((ObjectId[])[tip, tag]).Order()], brought.Roots.Order());
    }

    /// <summary>A pack too large to look at each of its objects counts as having strays until upkeep has counted.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Upkeep_Counts_WhatWasNotLookedAt(bool hasStray)
    {
        using MirrorBench bench = await MirrorBench.OpenAsync();
        Mirror mirror = await bench.MakeAsync();
        ObjectId[] known = [.. mirror.Refs.Tips.Select(static tip => tip.Id)];
        ObjectId stray = await bench.CommitAsync("stray"),
            tip = await bench.CommitAsync();
        await bench.Source.RunAsync("update-ref", "-d", "refs/heads/stray");
        using (await mirror.ChangeAsync(default))
        {
            await bench.TakeAsync(mirror, await bench.PackAsync(hasStray ? [tip, stray] : [tip], known), [tip], isWhole: false);
            mirror.SetRefs(new MirrorRefs(mirror.Refs.Tips.Select(one => one with { Id = tip })), mayOrphan: false);
            mirror.NoteRefsSet(areLedTo: true, isProven: false);
        }

        bench.Restart();
        mirror = bench.Mirrors.Find(MirrorBench.Widgets)!;
        Assert.True(mirror.HoldsOrphans);
        Assert.False(mirror.HasSettledOrphans);
        await bench.Upkeep.RunAsync(mirror, default);
        Assert.Equal(hasStray, mirror.HoldsOrphans);
        await bench.Upkeep.RunAsync(mirror, default);
        Assert.False(mirror.HoldsOrphans);
        Assert.False(bench.Upkeep.IsDue(mirror));
        Assert.Empty(await bench.Objects.KindsAsync(mirror, [stray], default));
        Assert.Equal(hasStray, await bench.Objects.HasWithOrphansAsync(mirror, [stray], default));
        await bench.AssertSoundAsync(mirror);
    }
}
