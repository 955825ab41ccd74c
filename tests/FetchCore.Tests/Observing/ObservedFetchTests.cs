using System.Diagnostics.Metrics;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Observing;
using Waystation.GitProtocol.Requests;
using Waystation.TestKit.Logging;

namespace Waystation.FetchCore.Tests.Observing;

/// <summary>The record of one fetch, its phases under a clock that the test turns; metric and log line come of it.</summary>
public sealed class ObservedFetchTests : IDisposable
{
    private readonly ManualTime _time = new();
    private readonly Meter _meter = new("observed fetches");
    private readonly MeterListener _listener = new();
    private readonly List<string> _counted = [];
    private readonly RecordedLog<FetchObserver> _log = new();
    private readonly RecentFetches _recent = new();
    private readonly CredentialDigester _digester = new();
    private readonly FetchObserver _observer;

    public ObservedFetchTests()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter == _meter)
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>(
            (instrument, value, tags, _) =>
            {
                if (value != 0)
                {
                    _counted.Add($"{instrument.Name} {tags[0].Value} {value}");
                }
            }
        );
        _listener.Start();
        _observer = new FetchObserver(new FetchMeters(_meter), _recent, new RepositoryTallies(_time), new LiveFetches(), _time, _log);
    }

    [Fact]
    public void Phases_FollowOneAnother_AndAddUp()
    {
        ObservedFetch fetch = Begin();
        Turn(1);
        fetch.Asked(2, CoreFixture.Clone(CoreFixture.Id(1)) with { Depth = 3 });
        using (fetch.Measure(FetchPhase.Access))
        {
            Turn(2);
        }

        Turn(4);
        using (fetch.Measure(FetchPhase.Turn))
        {
            Turn(8);
        }

        Turn(16);
        fetch.Served(FetchOutcome.Local, isKept: true, refsAge: null);
        fetch.Sent(100);
        Turn(32);
        fetch.Sent(200);
        fetch.Ended(FetchEnd.Whole);
        fetch.Dispose();

        FetchRecord record = _recent.Latest(2).Single();
        Assert.Equal(new FetchTimes(Ms(1), Ms(2), Ms(8), Ms(20), Ms(32), Ms(63)), record.Times);
        Assert.Equal(new AskedFetch(true, 1, 0, 0, 3, null, null), record.Asked);
        Assert.Equal(
            (FetchOutcome.Local, (ForwardReason?)null, FetchEnd.Whole, 300, true, 2),
            (record.Outcome, record.Reason, record.End, record.Bytes, record.IsKept, record.ProtocolVersion)
        );
        Assert.Equal(_time.GetUtcNow() - Ms(63), record.Started);
        Assert.Equal(["waystation_fetches_total local 1", "waystation_fetch_bytes_total local 300"], _counted);
        Assert.Equal(
            $"Information 2001 {CoreFixture.Repository}: Local over test for {record.Credential}, 300 bytes, Whole; "
                + "parse 1.0 access 2.0 turn 8.0 first 20.0 send 32.0 total 63.0",
            Assert.Single(_log.Lines)
        );
    }

    [Fact]
    public void Phase_ThatBeginsAgain_IsAddedUp()
    {
        ObservedFetch fetch = Begin();
        fetch.Asked(2, null);
        for (int i = 0; i < 3; i++)
        {
            using PhaseScope phase = fetch.Measure(FetchPhase.Access);
            Turn(5);
        }

        fetch.Dispose();
        Assert.Equal(Ms(15), _recent.Latest(1).Single().Times.Access);
    }

    [Fact]
    public void ClientThatLeavesWhileItWaits_IsSeenToHaveWaited()
    {
        using var client = new CancellationTokenSource();
        ObservedFetch fetch = Begin(client.Token);
        fetch.Asked(2, CoreFixture.Clone(CoreFixture.Id(1)));
        PhaseScope waiting = fetch.Measure(FetchPhase.Turn);
        Turn(30);
        client.Cancel();
        fetch.Dispose();
        Turn(30);
        waiting.Dispose();

        FetchRecord record = _recent.Latest(1).Single();
        Assert.Equal((FetchEnd.ClientGone, Ms(30), Ms(30)), (record.End, record.Times.Turn, record.Times.Total));
        Assert.Null(record.Outcome);
        Assert.Empty(_counted);
    }

    [Fact]
    public void FetchThatAnExceptionEnds_IsBroken_AndRecordedOnce()
    {
        ObservedFetch fetch = Begin();
        fetch.Dispose();
        fetch.Dispose();
        Assert.Equal(FetchEnd.Broken, _recent.Latest(2).Single().End);
        Assert.StartsWith("Warning 2001 ", Assert.Single(_log.Lines), StringComparison.Ordinal);
    }

    [Fact]
    public void Bypass_CountsByItsReason_AndReplacesWhatWasSaidBefore()
    {
        using (ObservedFetch fetch = Begin())
        {
            fetch.Asked(0, null);
            fetch.Served(FetchOutcome.Hit, isKept: true, TimeSpan.FromMinutes(1));
            fetch.Bypassed(ForwardReason.NotVisible);
            fetch.Sent(10);
            fetch.Ended(FetchEnd.Refused);
        }

        FetchRecord record = _recent.Latest(1).Single();
        Assert.Equal((FetchOutcome.Bypass, ForwardReason.NotVisible, false), (record.Outcome, record.Reason, record.IsKept));
        Assert.Null(record.RefsAge);
        Assert.Equal(["waystation_fetches_total bypass 1", "waystation_bypasses_total not-visible 1"], _counted);
        Assert.Contains(": Bypass (not-visible) over test for ", Assert.Single(_log.Lines), StringComparison.Ordinal);
    }

    [Fact]
    public void BusyAndOutage_Count_AsTheyAlwaysDid()
    {
        using (ObservedFetch busy = Begin())
        {
            busy.Ended(FetchEnd.Busy);
        }

        using (ObservedFetch stale = Begin())
        {
            stale.Served(FetchOutcome.Hit, isKept: true, TimeSpan.FromMinutes(1));
            stale.Ended(FetchEnd.Whole);
        }

        using (ObservedFetch lost = Begin())
        {
            lost.Ended(FetchEnd.Unreachable, "no route");
        }

        Assert.Equal(
            [
                "waystation_fetches_total bypass 1",
                "waystation_bypasses_total busy 1",
                "waystation_fetches_total hit 1",
                "waystation_stale_answers_total fetch 1",
            ],
            _counted
        );
        Assert.Contains("Unreachable (no route); ", _log.Lines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void Credential_IsADigest_TheSameForOneCredential()
    {
        foreach (string secret in (string[])["Basic c2VjcmV0", "Basic c2VjcmV0", "Basic b3RoZXI="])
        {
            Credential credential = _digester.Digest([new("header authorization", secret)]);
            _observer.Begin("test", CoreFixture.Repository, credential, _observer.Now, CancellationToken.None).Dispose();
        }

        string[] said = [.. _recent.Latest(3).Select(static record => record.Credential)];
        Assert.All(said, static digest => Assert.Matches("^[0-9a-f]{8}$", digest));
        Assert.Equal(said[1], said[2]);
        Assert.NotEqual(said[0], said[1]);
    }

    public void Dispose()
    {
        _listener.Dispose();
        _meter.Dispose();
    }

    private static TimeSpan Ms(int milliseconds) => TimeSpan.FromMilliseconds(milliseconds);

    private void Turn(int milliseconds) => _time.Turn(Ms(milliseconds));

    private ObservedFetch Begin(CancellationToken client = default) =>
        _observer.Begin("test", CoreFixture.Repository, _digester.Digest([new("header authorization", "me")]), _observer.Now, client);
}
