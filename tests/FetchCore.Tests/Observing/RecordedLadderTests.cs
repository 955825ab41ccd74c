using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using Waystation.CacheStore.Mirrors;
using Waystation.FetchCore.Observing;
using Waystation.FetchCore.Packs;
using Waystation.FetchCore.Tests.Mirrors;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.PktLines;
using Waystation.GitProtocol.Requests;
using Waystation.GitProtocol.Responses;
using Waystation.TestKit.Servers;

namespace Waystation.FetchCore.Tests.Observing;

/// <summary>What the core says of a fetch for its record: how it was served, how it ended, and the phases that it measures.</summary>
public sealed class RecordedLadderTests : IAsyncLifetime
{
    private static readonly ObjectId s_tip = CoreFixture.Id(1);
    private static readonly ParsedCommand.Fetch s_clone = new(CoreFixture.Clone(s_tip), ResponseFraming.V2);

    private readonly CoreFixture _core = new();

    public Task InitializeAsync()
    {
        _core.Primary.Refs.Add(("refs/heads/main", s_tip, null));
        return Task.CompletedTask;
    }

    public async Task DisposeAsync() => await _core.DisposeAsync();

    [Fact]
    public async Task Pack_IsRecorded_AsForwardAndThenAsHit()
    {
        Assert.Equal(FetchEnd.Whole, await SendAsync(new MemoryStream()));
        Assert.Equal(FetchEnd.Whole, await SendAsync(new MemoryStream()));

        IReadOnlyList<FetchRecord> records = _core.Recent.Latest(2);
        Assert.Equal([FetchOutcome.Hit, FetchOutcome.Forward], records.Select(static record => record.Outcome!.Value));
        Assert.All(
            records,
            static record => Assert.Equal((FetchEnd.Whole, FakePrimary.Pack.Length, true), (record.End, record.Bytes, record.IsKept))
        );
    }

    [Fact]
    public async Task Listing_ThatTakesLong_CountsAsAccess()
    {
        var gate = new TaskCompletionSource();
        _core.Primary.ListingGate = gate.Task;
        Task<FetchEnd> sent = SendAsync(new MemoryStream());
        await Eventually.TrueAsync("the primary is asked", () => _core.Primary.Listings > 0);
        _core.Time.Turn(TimeSpan.FromSeconds(3));
        gate.SetResult();

        Assert.Equal(FetchEnd.Whole, await sent);
        FetchTimes times = _core.Recent.Latest(1).Single().Times;
        Assert.Equal((TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(3)), (times.Access, times.Total));
    }

    [Fact]
    public async Task Pack_ThatTakesLong_CountsUntilItsFirstByte()
    {
        var gate = new TaskCompletionSource();
        _core.Primary.PackGate = gate.Task;
        Task<FetchEnd> sent = SendAsync(new MemoryStream());
        await Eventually.TrueAsync("the primary is asked", () => _core.Primary.Packs > 0);
        _core.Time.Turn(TimeSpan.FromSeconds(2));
        gate.SetResult();

        Assert.Equal(FetchEnd.Whole, await sent);
        FetchTimes times = _core.Recent.Latest(1).Single().Times;
        Assert.Equal((TimeSpan.Zero, TimeSpan.FromSeconds(2), TimeSpan.Zero), (times.Access, times.FirstByte, times.Send));
    }

    [Fact]
    public async Task Pack_ThatBreaksOff_IsBroken_AndTheRecordSaysWhy()
    {
        _core.Primary.FetchOverride = _ => new FakeReply(FakePrimary.PackAnswer(FakePrimary.Pack.AsSpan(0, 100_000), whole: false), 0);
        Assert.Equal(FetchEnd.Broken, await SendAsync(new MemoryStream()));
        FetchRecord record = _core.Recent.Latest(1).Single();
        Assert.Equal((FetchEnd.Broken, FetchOutcome.Forward), (record.End, record.Outcome));
        Assert.False(string.IsNullOrEmpty(record.Trouble));
        Assert.InRange(record.Bytes, 1, 100_000);
    }

    [Fact]
    public async Task LastWordsOfTheSource_AreToldAndRecorded()
    {
        var answer = new ArrayBufferWriter<byte>();
        answer.Write(FakePrimary.PackAnswer(FakePrimary.Pack.AsSpan(0, 50_000), whole: false));
        Sideband.Write(answer, Sideband.Error, "fatal: out of luck\n"u8);
        _core.Primary.FetchOverride = _ => new FakeReply(answer.WrittenSpan.ToArray(), 0);
        using var client = new MemoryStream();

        Assert.Equal(FetchEnd.ErrorTold, await SendAsync(client));
        FetchRecord record = _core.Recent.Latest(1).Single();
        Assert.Equal((FetchEnd.ErrorTold, "fatal: out of luck\n"), (record.End, record.Trouble));
        Assert.Contains("\u0003fatal: out of luck", Encoding.Latin1.GetString(client.ToArray()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ClientWhoseConnectionBreaks_IsGone()
    {
        Assert.Equal(FetchEnd.ClientGone, await SendAsync(new BrokenPipe()));
        FetchRecord record = _core.Recent.Latest(1).Single();
        Assert.Equal((FetchEnd.ClientGone, FetchOutcome.Forward), (record.End, record.Outcome));
    }

    [Fact]
    public async Task Refusal_AndFetchThatIsNotVisible_AreBypasses()
    {
        _core.Primary.Refuses = static user => user == "mallory";
        Assert.IsType<FetchAnswer.Forward>(await AskAsync("mallory", s_clone));
        Assert.IsType<FetchAnswer.Forward>(await AskAsync("alice", s_clone with { Request = CoreFixture.Clone(CoreFixture.Id(9)) }));

        Assert.Equal(
            [ForwardReason.NotVisible, ForwardReason.NotAccepted],
            _core.Recent.Latest(2).Select(static record => record.Reason!.Value)
        );
    }

    [Fact]
    public async Task WaitForATurn_IsRecorded_AlsoWhereItWasInVain()
    {
        await using MirrorFixture busy = await MirrorFixture.OpenWithMirrorAsync(new MirrorOptions { MaxPacks = 0, MaxWaiting = 9 });
        FetchCall call = busy.CallOf("bob", MirrorFixture.Shallow(await busy.ResolveAsync("main")));
        Task<FetchAnswer> asked = busy.Core.Service.FetchAsync(call, CancellationToken.None);
        await Eventually.TrueAsync("it waits for its turn", () => busy.Core.Limiter.Waiting > 0);
        busy.Time.Turn(TimeSpan.FromSeconds(10));

        Assert.IsType<FetchAnswer.Busy>(await asked);
        call.Observed.Dispose();
        FetchRecord record = busy.Core.Recent.Latest(1).Single();
        Assert.Equal((FetchEnd.Busy, TimeSpan.FromSeconds(10)), (record.End, record.Times.Turn));
        Assert.Null(record.Outcome);
        Assert.Equal(1, busy.Primary.Packs);
    }

    private async Task<FetchEnd> SendAsync(Stream client)
    {
        FetchCall call = _core.CallOf("alice", s_clone);
        using ObservedFetch observed = call.Observed;
        observed.Asked(2, call.Request);
        var responder = new FetchResponder(_core.Service, _core.Observer, _core.Time);
        var pack = Assert.IsType<FetchAnswer.Pack>(await responder.AskAsync(call, CancellationToken.None));
        await using (pack.Reader)
        {
            return await responder.SendAsync(call, pack, PipeWriter.Create(client), CancellationToken.None);
        }
    }

    private async Task<FetchAnswer> AskAsync(string user, ParsedCommand.Fetch asked)
    {
        FetchCall call = _core.CallOf(user, asked);
        using ObservedFetch observed = call.Observed;
        return await _core.Service.FetchAsync(call, CancellationToken.None);
    }

    private sealed class BrokenPipe : MemoryStream
    {
        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
            throw new IOException("Broken pipe");
    }
}
