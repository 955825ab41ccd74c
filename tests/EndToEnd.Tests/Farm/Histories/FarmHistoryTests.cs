namespace Waystation.EndToEnd.Tests.Farm.Histories;

/// <summary>The checker finds what it is there for.</summary>
public sealed class FarmHistoryTests
{
    private const string Main = "refs/heads/main";

    private readonly FarmHistory _history = new();

    public FarmHistoryTests()
    {
        _history.Add(Write("a", 0, 1));
        _history.Add(Write("b", 10, 20));
        _history.Add(Write("c", 30, 40, isAcknowledged: false));
        _history.Add(Write("d", 50, 60));
    }

    [Theory]
    [InlineData("a", 2, 9)]
    [InlineData("a", 15, 18)] // the write of b is under way
    [InlineData("b", 15, 18)]
    [InlineData("b", 21, 29)]
    [InlineData("b", 45, 48)] // the write of c failed
    [InlineData("c", 45, 48)]
    [InlineData("c", 55, 70)]
    [InlineData("d", 55, 70)]
    [InlineData("d", 61, 70)]
    public void AStateOfThePrimary_IsRight(string tip, long begun, long ended)
    {
        Read(begun, ended, tip);
        Assert.Empty(_history.Violations());
    }

    [Theory]
    [InlineData("a", 21, 29)]
    [InlineData("b", 61, 70)]
    [InlineData("c", 61, 70)]
    [InlineData("d", 41, 49)]
    [InlineData("x", 41, 49)]
    [InlineData(null, 2, 9)]
    public void AnotherState_IsWrong(string? tip, long begun, long ended)
    {
        Read(begun, ended, tip);
        Assert.Single(_history.Violations());
    }

    [Theory]
    [InlineData(1, 95, 99, true)]
    [InlineData(1, 100, 101, false)] // it was dead, and this client asked no other node
    [InlineData(1, 150, 160, false)]
    [InlineData(1, 210, 220, true)]
    [InlineData(2, 100, 160, true)] // another node died
    [InlineData(null, 95, 105, false)]
    [InlineData(null, 111, 160, true)] // the balancer had other nodes
    public void AFailure_IsRight_OnlyIfTheOwnNodeDied(int? node, long begun, long ended, bool isViolation)
    {
        _history.Add(new RecordedDeath(1, Begun: 100, Dead: 110, Ready: 200));
        _history.Add(new RecordedFailure("fetch", node, ProtocolVersion: 2, "fatal", begun, ended));
        Assert.Equal(isViolation ? 1 : 0, _history.Violations().Count);
    }

    [Theory]
    [InlineData(0, 0xb, 30, 60, false)] // between the listing and the request the ref was moved
    [InlineData(1, 0xb, 30, 60, false)]
    [InlineData(2, 0xb, 30, 60, true)] // version 2 gives any object
    [InlineData(0, 0xb, 61, 70, true)] // the listing was stale
    [InlineData(0, 0xb, 21, 25, true)] // nothing was moved
    [InlineData(0, 0xf, 30, 60, true)] // no ref had it
    public void AFailure_IsRight_IfTheRefWasMovedMeanwhile(int version, int id, long begun, long ended, bool isViolation)
    {
        _history.Add(new RecordedWrite("two", Main, Id(0xb), Begun: 10, Ended: 20, IsAcknowledged: true));
        _history.Add(new RecordedWrite("two", Main, Id(0xc), Begun: 50, Ended: 60, IsAcknowledged: true));
        _history.Add(
            new RecordedFailure(
                "fetch",
                Node: 1,
                version,
                $"fatal: remote error: upload-pack: not our ref {Id(id)}\nfatal: the remote end hung up unexpectedly\n",
                begun,
                ended
            )
        );
        Assert.Equal(isViolation ? 1 : 0, _history.Violations().Count);
    }

    private static string Id(int digit) => new($"{digit:x}"[0], 40);

    private static RecordedWrite Write(string tip, long begun, long ended, bool isAcknowledged = true) =>
        new("one", Main, tip, begun, ended, isAcknowledged);

    private void Read(long begun, long ended, string? tip) =>
        _history.Add(
            new RecordedRead(
                "fetch",
                "one",
                tip is null ? new Dictionary<string, string>() : new Dictionary<string, string> { [Main] = tip },
                begun,
                ended
            )
        );
}
