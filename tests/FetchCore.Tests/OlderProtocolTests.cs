using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using Waystation.CacheStore.Packs.Filling;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Observing;
using Waystation.FetchCore.Packs;
using Waystation.GitProtocol.Advertisements;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.PktLines;
using Waystation.GitProtocol.Requests;
using Waystation.GitProtocol.Responses;
using Waystation.TestKit.Servers;
using Waystation.TestKit.Wire;

namespace Waystation.FetchCore.Tests;

/// <summary>Requests of protocol v0 and v1 on the same ladder.</summary>
public sealed class OlderProtocolTests : IAsyncLifetime
{
    private static readonly ObjectId s_tip = CoreFixture.Id(1);
    private static readonly ObjectId s_have = CoreFixture.Id(9);

    private static readonly ParsedCommand.Fetch s_clone = new(CoreFixture.Clone(s_tip), new ResponseFraming { ProtocolVersion = 0 });
    private static readonly ParsedCommand.Fetch s_cloneV2 = new(CoreFixture.Clone(s_tip), ResponseFraming.V2);

    private static readonly FetchPrologue s_ready = new()
    {
        HasAcknowledgments = true,
        Acks = [s_have],
        Ready = true,
    };

    private readonly CoreFixture _core = new();

    public static TheoryData<SidebandKind, SidebandKind?> Pairs
    {
        get
        {
            var pairs = new TheoryData<SidebandKind, SidebandKind?>();
            foreach (SidebandKind made in Enum.GetValues<SidebandKind>())
            {
                foreach (SidebandKind? read in (SidebandKind?[])[null, .. Enum.GetValues<SidebandKind>()])
                {
                    pairs.Add(made, read);
                }
            }

            return pairs;
        }
    }

    public Task InitializeAsync()
    {
        _core.Primary.Refs.Add(("refs/heads/main", s_tip, null));
        _core.Primary.OldAdvertisement = Lines.ToBytes($"{s_tip} refs/heads/main\0side-band-64k", Lines.Flush);
        return Task.CompletedTask;
    }

    public async Task DisposeAsync() => await _core.DisposeAsync();

    [Theory]
    [MemberData(nameof(Pairs))]
    public async Task Answer_IsMadeInOneFraming_AndReadInAnother(SidebandKind made, SidebandKind? read)
    {
        ParsedCommand.Fetch first = Framed(made);
        ParsedCommand.Fetch second = read is { } sideband ? Framed(sideband) : s_cloneV2;
        _core.Primary.FetchOverride = _ => new FakeReply(Answer(first, FetchPrologue.Empty, FakePrimary.Pack), 0);
        await AssertServedAsync(first, FetchOutcome.Forward);
        await AssertServedAsync(second, FetchOutcome.Hit);
        Assert.Equal(1, _core.Primary.Packs);
    }

    [Fact]
    public async Task AnswerToDone_HasNoAcknowledgments_ForAClientOfV2()
    {
        ParsedCommand.Fetch old = new(s_clone.Request with { Haves = [s_have] }, s_clone.Framing with { MultiAck = MultiAck.Detailed });
        _core.Primary.FetchOverride = _ => new FakeReply(
            [
                .. Lines.ToBytes($"ACK {s_have} common", $"ACK {s_have}"),
                .. FakePrimary.PackAnswer(FakePrimary.Pack)[Lines.ToBytes("packfile").Length..],
            ],
            0
        );
        await KeepAsync(old);
        var answer = Assert.IsType<FetchAnswer.Pack>(await _core.FetchAsync("alice", CoreFixture.Clone(s_tip) with { Haves = [s_have] }));
        Assert.Equal(FetchPrologue.Empty, answer.Reader.Prologue);
        await answer.Reader.DisposeAsync();
    }

    [Fact]
    public async Task Ready_LetsThePackFollow_InBothVersions()
    {
        ParsedCommand.Fetch old = Waiting(s_clone.Framing with { NoDone = true, MultiAck = MultiAck.Detailed });
        _core.Primary.FetchOverride = _ => new FakeReply(Answer(old, s_ready, FakePrimary.Pack), 0);
        await KeepAsync(old);
        var answer = Assert.IsType<FetchAnswer.Pack>(await _core.FetchAsync("alice", Waiting(ResponseFraming.V2)));
        Assert.Equal((FetchOutcome.Hit, s_ready), (answer.Outcome, answer.Reader.Prologue));
        await answer.Reader.DisposeAsync();
    }

    [Theory]
    [InlineData(MultiAck.Detailed, false)]
    [InlineData(MultiAck.MultiAck, true)]
    [InlineData(MultiAck.None, true)]
    public async Task Round_IsForwarded_ThoughAPackOfTheSameIsKept(MultiAck acks, bool noDone)
    {
        ParsedCommand.Fetch v2 = Waiting(ResponseFraming.V2);
        _core.Primary.FetchOverride = _ => new FakeReply(Answer(v2, s_ready, FakePrimary.Pack), 0);
        await KeepAsync(v2);
        FetchAnswer round = await _core.FetchAsync("alice", Waiting(s_clone.Framing with { MultiAck = acks, NoDone = noDone }));
        Assert.Equal(ForwardReason.NoPack, Assert.IsType<FetchAnswer.Forward>(round).Reason);
    }

    [Fact]
    public async Task PackThatNobodyCalledReady_IsRelayed()
    {
        ParsedCommand.Fetch v2 = Waiting(ResponseFraming.V2);
        _core.Primary.FetchOverride = _ => new FakeReply(FakePrimary.PackAnswer(FakePrimary.Pack), 0);
        var relay = Assert.IsType<FetchAnswer.Relay>(await _core.FetchAsync("alice", v2));
        await relay.Reply.DisposeAsync();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(20)]
    public async Task BarePack_ThatEndsEarlyOrLate_IsNeverWhole(int missing)
    {
        ParsedCommand.Fetch bare = Framed(SidebandKind.None);
        byte[] pack = missing == 0 ? [.. FakePrimary.Pack, 0] : FakePrimary.Pack[..^missing];
        _core.Primary.FetchOverride = _ => new FakeReply(Answer(bare, FetchPrologue.Empty, pack), 0);
        FetchAnswer broken = await _core.FetchAsync("alice", bare);
        await Assert.ThrowsAsync<FillFailedException>(() => CoreFixture.ReadAsync(broken));

        _core.Primary.FetchOverride = _ => new FakeReply(Answer(bare, FetchPrologue.Empty, FakePrimary.Pack), 0);
        await AssertServedAsync(bare, FetchOutcome.Forward);
    }

    [Fact]
    public async Task Access_IsAskedByTheAdvertisement_WhereNoneWasShown()
    {
        _core.Primary.FetchOverride = _ => new FakeReply(Answer(s_clone, FetchPrologue.Empty, FakePrimary.Pack), 0);
        await AssertServedAsync(s_clone, FetchOutcome.Forward);
        await AssertServedAsync(s_clone, FetchOutcome.Hit);
        Assert.Equal((1, 0), (_core.Primary.Advertisements, _core.Primary.Listings));
        await AssertServedAsync(s_cloneV2, FetchOutcome.Hit); // the same ticket
        Assert.Equal((1, 0), (_core.Primary.Advertisements, _core.Primary.Listings));
    }

    [Fact]
    public async Task Want_ThatTheAdvertisementDoesNotShow_IsForwarded_ThoughItIsKept()
    {
        ObjectId hidden = CoreFixture.Id(2);
        _core.Tickets.RecordRefs(
            CoreFixture.Repository,
            _core.CredentialOf("alice"),
            new RefListing(LsRefsRequest.All(ObjectFormat.Sha1), [new RefTip("refs/heads/hidden", hidden, null, null)])
            {
                IsOfShallow = false,
            },
            _core.Tickets.Now
        );
        _core.Primary.FetchOverride = _ => new FakeReply(Answer(s_clone, FetchPrologue.Empty, FakePrimary.Pack), 0);
        ParsedCommand.Fetch wanting = s_clone with { Request = CoreFixture.Clone(hidden) };
        Assert.Equal(FakePrimary.Pack, await CoreFixture.ReadAsync(await _core.FetchAsync("alice", wanting)));
        Assert.Equal(ForwardReason.NotVisible, Assert.IsType<FetchAnswer.Forward>(await _core.FetchAsync("bob", wanting)).Reason);
        Assert.Equal(
            ForwardReason.NotVisible,
            Assert.IsType<FetchAnswer.Forward>(await _core.FetchAsync("bob", wanting with { Framing = ResponseFraming.V2 })).Reason
        );
    }

    [Fact]
    public async Task ShallowPrimary_IsLeftToItself_UnlessTheClientDeepens()
    {
        _core.Primary.OldAdvertisement = Lines.ToBytes($"{s_tip} refs/heads/main\0side-band-64k", $"shallow {s_tip}", Lines.Flush);
        for (int round = 0; round < 2; round++)
        {
            Assert.Equal(ForwardReason.NotCacheable, Assert.IsType<FetchAnswer.Forward>(await _core.FetchAsync("alice", s_clone)).Reason);
        }

        Assert.Equal(1, _core.Primary.Advertisements);
        ParsedCommand.Fetch deepening = s_clone with { Request = s_clone.Request with { Depth = 1 } };
        var boundary = new FetchPrologue { HasShallowInfo = true, Shallow = [s_tip] };
        _core.Primary.FetchOverride = _ => new FakeReply(Answer(deepening, boundary, FakePrimary.Pack), 0);
        await AssertServedAsync(deepening, FetchOutcome.Forward);
    }

    private static ParsedCommand.Fetch Framed(SidebandKind sideband) =>
        s_clone with
        {
            Framing = s_clone.Framing with { SidebandKind = sideband },
        };

    /// <summary>A fetch that has something and is not done.</summary>
    private static ParsedCommand.Fetch Waiting(ResponseFraming framing)
    {
        PackWhen pack = framing.ProtocolVersion == 2 ? PackWhen.WhenReady : framing.WhenPackComes(done: false, hasHaves: true);
        return new(CoreFixture.Clone(s_tip) with { Haves = [s_have], Pack = pack }, framing);
    }

    private static byte[] Answer(ParsedCommand.Fetch asked, FetchPrologue prologue, byte[] pack)
    {
        var codec = new ResponseCodec(asked.Request, asked.Framing);
        var buffer = new ArrayBufferWriter<byte>();
        codec.WritePrologue(buffer, prologue);
        codec.WriteProgress(buffer, "Counting objects");
        foreach (byte[] piece in pack.Chunk(codec.MaxPayload))
        {
            Span<byte> packet = buffer.GetSpan(piece.Length + 5);
            int header = codec.WritePackHeader(packet, piece.Length);
            piece.CopyTo(packet[header..]);
            buffer.Advance(header + piece.Length);
        }

        codec.WriteEnd(buffer);
        return buffer.WrittenSpan.ToArray();
    }

    private static Task UntilAsync(Func<bool> condition) => Eventually.TrueAsync("what the test waits for", condition);

    /// <summary>A fetch that is no clone is kept when it is asked for again.</summary>
    private async Task KeepAsync(ParsedCommand.Fetch asked)
    {
        for (int time = 0; time < 2; time++)
        {
            await CoreFixture.ReadAsync(await _core.FetchAsync("alice", asked));
            await UntilAsync(() => _core.Fills.IsIdle);
        }
    }

    private async Task AssertServedAsync(ParsedCommand.Fetch asked, FetchOutcome outcome)
    {
        var answer = Assert.IsType<FetchAnswer.Pack>(await _core.FetchAsync("alice", asked));
        Assert.Equal(outcome, answer.Outcome);
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 0));
        await using (answer.Reader)
        {
            await new FetchAnswerBody(
                pipe.Writer,
                answer.Reader,
                asked.Request,
                asked.Framing with
                {
                    NoProgress = true,
                },
                TimeProvider.System,
                static _ => { }
            ).WriteAsync("nobody hears it", CancellationToken.None);
        }

        await UntilAsync(() => _core.Fills.IsIdle);
        await pipe.Writer.CompleteAsync();
        ReadResult whole = await pipe.Reader.ReadAsync();
        ReadOnlySequence<byte> bytes = whole.Buffer;
        var codec = new ResponseCodec(asked.Request, asked.Framing);
        Assert.Equal(ResponseStart.Pack, codec.TryReadPrologue(ref bytes, out FetchPrologue? prologue));
        Assert.Equal(answer.Reader.Prologue, prologue);
        using var pack = new MemoryStream();
        BandKind last = codec.HasBands ? BandKind.Keepalive : BandKind.End;
        while (codec.HasBands && FetchResponseReader.TryReadBand(ref bytes, out BandLine band))
        {
            last = band.Kind;
            Assert.InRange(band.Payload.Length, 0, codec.MaxPayload);
            Assert.NotEqual(BandKind.Progress, band.Kind);
            pack.Write(band.Payload.ToArray());
        }

        pack.Write(codec.HasBands ? [] : bytes.ToArray());
        Assert.Equal(BandKind.End, last);
        Assert.Equal(FakePrimary.Pack, pack.ToArray());
        Assert.DoesNotContain("nobody hears it", Encoding.Latin1.GetString(whole.Buffer), StringComparison.Ordinal);
    }
}
