using Waystation.Farm.Nodes;
using Waystation.Farm.Peers;
using Waystation.Farm.Secrets;
using Waystation.FetchCore.Tests;

namespace Waystation.Farm.Tests.Peers;

public sealed class PeerHelloTests
{
    private static readonly FarmSecrets s_secrets = new(["the-first-secret-of-this-farm-0123456789"]);
    private static readonly FarmNode s_node = new("b", new Uri("https://b.example.com/"), NodeState.Active, "1", "first start");
    private readonly ManualTime _time = new();

    [Fact]
    public void Open_TakesItForItsOperationAtItsNode()
    {
        PeerHello hello = PeerHello.Create("a", _time);
        PeerHello? opened = Open(hello.Seal(s_secrets, "fetch", s_node), "fetch", s_node);
        Assert.NotNull(opened);
        Assert.Equal("a", opened.From);
        Assert.Equal(hello.Session, opened.Session);
    }

    [Fact]
    public void Open_RefusesAnotherOperationNodeOrStart()
    {
        string field = PeerHello.Create("a", _time).Seal(s_secrets, "fetch", s_node);
        Assert.Null(Open(field, "push", s_node));
        Assert.Null(Open(field, "fetch", s_node with { Name = "c" }));
        Assert.Null(Open(field, "fetch", s_node with { Incarnation = "second start" }));
    }

    [Fact]
    public void Open_RefusesAnotherSecretAndEveryChangedCharacter()
    {
        string field = PeerHello.Create("a", _time).Seal(s_secrets, "fetch", s_node);
        Assert.Null(PeerHello.Open(new FarmSecrets(["another-secret-of-another-farm-0123456789"]), field, "fetch", s_node, _time));
        for (int at = 0; at < field.Length; at++)
        {
            foreach (char other in "AQgw/=")
            {
                char[] bad = field.ToCharArray();
                bad[at] = other;
                if (new string(bad) is var changed && !Same(changed, field))
                {
                    Assert.Null(Open(changed, "fetch", s_node));
                }
            }
        }
    }

    [Fact]
    public void Open_RefusesItAfterAMinute()
    {
        string field = PeerHello.Create("a", _time).Seal(s_secrets, "fetch", s_node);
        _time.Turn(PeerHello.MaxSkew - TimeSpan.FromSeconds(1));
        Assert.NotNull(Open(field, "fetch", s_node));
        _time.Turn(TimeSpan.FromSeconds(2));
        Assert.Null(Open(field, "fetch", s_node));
    }

    [Fact]
    public void ReplayGuard_TakesASessionOnce_ForAsLongAsItsHelloIsTaken()
    {
        var guard = new ReplayGuard(_time);
        PeerHello hello = PeerHello.Create("a", _time);
        Assert.True(guard.TryTake(hello.Session));
        _time.Turn(PeerHello.MaxSkew);
        Assert.False(guard.TryTake(hello.Session));
        Assert.True(guard.TryTake(PeerHello.Create("a", _time).Session));
    }

    /// <summary>Base64 has spare bits at its end: other characters may be the same bytes.</summary>
    private static bool Same(string one, string other)
    {
        byte[] left = new byte[one.Length],
            right = new byte[other.Length];
        return Convert.TryFromBase64String(one, left, out int length)
            && Convert.TryFromBase64String(other, right, out _)
            && left.AsSpan(0, length).SequenceEqual(right.AsSpan(0, length));
    }

    private PeerHello? Open(string field, string operation, FarmNode self) => PeerHello.Open(s_secrets, field, operation, self, _time);
}
