using System.Net;
using Waystation.Primaries;
using Waystation.Proxy.Connections;
using Waystation.Proxy.Options;

namespace Waystation.Proxy.Tests.Connections;

public sealed class ClientConnectionsTests
{
    private static readonly IPAddress s_one = IPAddress.Parse("192.0.2.1");
    private static readonly IPAddress s_other = IPAddress.Parse("192.0.2.2");

    private readonly List<string> _ended = [];
    private readonly ClientConnections _connections = new(new ClientOptions { MaxConnections = 5, MaxConnectionsPerAddress = 3 });

    [Fact]
    public void LongestWaiting_OfTheSameAddress_MakesRoom()
    {
        Admit(s_other, "other");
        Admit(s_one, "first");
        Admit(s_one, "second");
        Admit(s_one, "third");
        Assert.Empty(_ended);

        Admit(s_one, "fourth");
        Admit(s_one, "fifth");

        Assert.Equal(["first", "second"], _ended);
        Assert.Equal(4, _connections.Count);
    }

    [Fact]
    public void Address_HasNoBound_WhereTheBoundIsZero()
    {
        var connections = new ClientConnections(new ClientOptions { MaxConnections = 5_000, MaxConnectionsPerAddress = 0 });
        for (int i = 0; i < 2_000; i++)
        {
            connections.Admit(s_one, isOfProxy: false, _ => _ended.Add("one"), out _);
        }

        Assert.Empty(_ended);
        Assert.Equal(2_000, connections.Count);
    }

    [Fact]
    public void LongestWaiting_OfAll_MakesRoom_WhereTheNodeIsFull()
    {
        Admit(s_other, "first");
        Admit(s_other, "second");
        Admit(s_one, "third");
        Admit(s_one, "fourth");
        Admit(IPAddress.Loopback, "fifth");

        Admit(IPAddress.Loopback, "sixth");

        Assert.Equal(["first"], _ended);
        Assert.Equal(5, _connections.Count);
    }

    [Fact]
    public void RequestUnderWay_IsNeverCutOff_AndTheNewConnectionIsToldSo()
    {
        ClientConnection[] served = [Admit(s_one, "a")!, Admit(s_one, "b")!, Admit(s_one, "c")!];
        foreach (ClientConnection connection in served)
        {
            _connections.Begin(connection);
        }

        ClientConnection? turnedAway = Admit(s_one, "d");

        Assert.Empty(_ended);
        Assert.True(turnedAway is { IsTurnedAway: true });
        Assert.False(Admit(s_other, "e")!.IsTurnedAway);
    }

    [Fact]
    public void IdleConnection_WaitsAnew_FromTheEndOfItsLastRequest()
    {
        ClientConnection busy = Admit(s_one, "busy")!;
        _connections.Begin(busy);
        _connections.Begin(busy);
        Admit(s_one, "silent");
        Admit(s_one, "later");
        _connections.End(busy);

        Admit(s_one, "new");
        Assert.Equal(["silent"], _ended);

        _connections.End(busy);
        Admit(s_one, "newer");
        Admit(s_one, "newest");
        Admit(s_one, "last");
        Assert.Equal(["silent", "later", "new", "busy"], _ended);
    }

    [Fact]
    public void Place_IsFreeAgain_WhenAConnectionLeaves()
    {
        for (int i = 0; i < 10; i++)
        {
            ClientConnection connection = Admit(s_one, $"{i}")!;
            _connections.Begin(connection);
            _connections.Leave(connection);
            _connections.End(connection);
            _connections.Leave(connection);
        }

        Assert.Empty(_ended);
        Assert.Equal(0, _connections.Count);
    }

    [Fact]
    public void TurnedAway_AreFewToo()
    {
        for (int i = 0; i < 3; i++)
        {
            _connections.Begin(Admit(s_one, "served")!);
        }

        ClientConnection?[] more = [.. Enumerable.Range(0, 300).Select(i => Admit(s_one, "more"))];

        Assert.Equal(256, more.Count(connection => connection is { IsTurnedAway: true }));
        _connections.Leave(more[0]!);
        Assert.NotNull(Admit(s_one, "again"));
    }

    [Theory]
    [InlineData("192.0.2.1", "::ffff:192.0.2.1", true)]
    [InlineData("2001:db8::1", "2001:db8::ffff:1:2:3", true)]
    [InlineData("2001:db8::1", "2001:db8:0:1::1", false)]
    [InlineData("192.0.2.1", "192.0.2.2", false)]
    public void Address_IsOneMachines(string one, string other, bool isSame) =>
        Assert.Equal(isSame, ClientNetworks.Counted(IPAddress.Parse(one)).Equals(ClientNetworks.Counted(IPAddress.Parse(other))));

    [Fact]
    public void Counts_AreRight_AfterAnyOrderOfEvents()
    {
        const int Seed = 20_113;
        var random = new Random(Seed);
        var open = new List<(ClientConnection Connection, int Requests)>();
        for (int step = 0; step < 20_000; step++)
        {
            int at = open.Count == 0 ? -1 : random.Next(open.Count);
            switch (random.Next(4))
            {
                case 0 when Admit(random.Next(2) == 0 ? s_one : s_other, "") is { } admitted:
                    open.Add((admitted, 0));
                    break;
                case 1 when at >= 0:
                    _connections.Begin(open[at].Connection);
                    open[at] = (open[at].Connection, open[at].Requests + 1);
                    break;
                case 2 when at >= 0 && open[at].Requests > 0:
                    _connections.End(open[at].Connection);
                    open[at] = (open[at].Connection, open[at].Requests - 1);
                    break;
                case 3 when at >= 0 && open[at].Requests == 0:
                    _connections.Leave(open[at].Connection);
                    open.RemoveAt(at);
                    break;
            }

            Assert.True(_connections.Count <= 5, $"seed {Seed}, step {step}");
            int counted = open.Count(one => one.Connection is { IsGone: false, IsTurnedAway: false });
            Assert.True(counted == _connections.Count, $"seed {Seed}, step {step}");
        }
    }

    private ClientConnection? Admit(IPAddress address, string name) =>
        _connections.Admit(address, isOfProxy: false, _ => _ended.Add(name), out _);
}
