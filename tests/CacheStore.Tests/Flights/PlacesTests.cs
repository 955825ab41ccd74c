using Waystation.CacheStore.Flights;

namespace Waystation.CacheStore.Tests.Flights;

public sealed class PlacesTests
{
    [Fact]
    public async Task SoManyEnter_AndTheNextOneWaitsForAPlace()
    {
        var places = new Places(2);
        IDisposable first = await places.EnterAsync(CancellationToken.None);
        using IDisposable? second = places.TryEnter();
        Assert.NotNull(second);
        Assert.True(places.AreTaken);
        Assert.Null(places.TryEnter());
        Task<IDisposable> third = places.EnterAsync(CancellationToken.None),
            fourth = places.EnterAsync(CancellationToken.None);
        Assert.False(third.IsCompleted);
        first.Dispose();
        (await third).Dispose();
        (await fourth).Dispose();
    }

    [Fact]
    public void PlaceThatIsGivenBackTwice_CountsOnce()
    {
        var places = new Places(1);
        IDisposable place = places.TryEnter()!;
        place.Dispose();
        place.Dispose();
        using IDisposable? next = places.TryEnter();
        Assert.NotNull(next);
        Assert.Null(places.TryEnter());
    }

    [Fact]
    public async Task WhoeverLeavesTheQueue_TakesNoPlace()
    {
        var places = new Places(1);
        IDisposable place = places.TryEnter()!;
        using var leaving = new CancellationTokenSource();
        Task<IDisposable> waiting = places.EnterAsync(leaving.Token);
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        place.Dispose();
        Assert.False(places.AreTaken);
    }
}
