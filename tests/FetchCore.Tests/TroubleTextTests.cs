using Waystation.FetchCore.Primaries.Errors;

namespace Waystation.FetchCore.Tests;

/// <summary>The words of a failure are the same at every door.</summary>
public sealed class TroubleTextTests
{
    [Theory]
    [InlineData(0.2, "1")]
    [InlineData(1.4, "2")]
    [InlineData(10, "10")]
    public void Wait_IsRoundedUp(double seconds, string said)
    {
        var wait = TimeSpan.FromSeconds(seconds);
        Assert.Equal(said, TroubleText.Seconds(wait));
        Assert.Equal($"waystation: too many packs are being made on this node; try again in {said} s", TroubleText.OfBusyNode(wait));
        Assert.Equal(
            $"waystation: git.example.test cannot be asked now: it answers 429; try again in {said} s",
            TroubleText.Of("git.example.test", new PrimaryBusyException("it answers 429", wait))
        );
    }

    [Fact]
    public void Outage_AndAFailureOfOneRequest_AreToldApart()
    {
        Assert.Equal(
            "waystation: git.example.test cannot be reached: it is gone",
            TroubleText.Of("git.example.test", new PrimaryOutageException("it is gone"))
        );
        Assert.Equal(
            "waystation: git.example.test could not be asked: it broke",
            TroubleText.Of("git.example.test", new PrimaryException("it broke"))
        );
    }
}
