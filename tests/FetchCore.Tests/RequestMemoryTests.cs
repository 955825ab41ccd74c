using Waystation.FetchCore.Memory;
using Waystation.FetchCore.Observing;
using Waystation.FetchCore.Packs;
using Waystation.GitProtocol.Requests;

namespace Waystation.FetchCore.Tests;

/// <summary>The memory budget of all requests.</summary>
public sealed class RequestMemoryTests
{
    private const long Mebibyte = 1 << 20;

    [Fact]
    public void Share_GrowsWhileThereIsRoom_AndGivesAllBack()
    {
        var memory = new RequestMemory(100 * Mebibyte);
        using (
            MemoryShare one = memory.Open(),
                other = memory.Open()
        )
        {
            Assert.True(one.TryGrow(70 * Mebibyte));
            Assert.False(other.TryGrow(10 * Mebibyte));
            Assert.Equal(70 * Mebibyte, memory.Held);
            one.Shrink(20 * Mebibyte);
            Assert.True(other.TryGrowTo(10 * Mebibyte));
            Assert.True(other.TryGrowTo(5 * Mebibyte));
            other.ShrinkTo(1 * Mebibyte);
            Assert.Equal(51 * Mebibyte, memory.Held);
            Assert.Throws<RequestMemoryFullException>(() => other.GrowTo(60 * Mebibyte));
        }

        Assert.Equal(0, memory.Held);
    }

    [Fact]
    public void LastQuarter_IsForSmallRequests()
    {
        var memory = new RequestMemory(100 * Mebibyte);
        using MemoryShare large = memory.Open(),
            small = memory.Open(),
            late = memory.Open();
        Assert.True(large.TryGrow(75 * Mebibyte));
        Assert.True(small.TryGrow(Mebibyte));
        Assert.False(small.TryGrow(1));
        Assert.False(large.TryGrow(1));
        Assert.True(late.TryGrow(1));
    }

    [Fact]
    public async Task Fetch_GoesToThePrimary_WhereThereIsNoRoomForIt_AndIsServedAgainAfterwards()
    {
        await using var core = new CoreFixture();
        MemoryShare others = core.Memory.Open();
        Assert.True(others.TryGrow(192 * Mebibyte));
        FetchRequest request = CoreFixture.Clone(CoreFixture.Id(1)) with
        {
            Haves = [.. Enumerable.Range(1_000, 8_000).Select(CoreFixture.Id)],
        };
        FetchAnswer.Forward forward = Assert.IsType<FetchAnswer.Forward>(await core.FetchAsync("alice", request));
        Assert.Equal(ForwardReason.TooLarge, forward.Reason);
        others.Dispose();
        Assert.False(await core.FetchAsync("alice", request) is FetchAnswer.Forward { Reason: ForwardReason.TooLarge });
        Assert.Equal(0, core.Memory.Held);
    }
}
