using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using Waystation.CacheStore.Packs;
using Waystation.FetchCore.Access;
using Waystation.GitProtocol.Advertisements;
using Waystation.GitProtocol.Fetching;
using Waystation.GitProtocol.Objects;
using Waystation.TestKit.Wire;

namespace Waystation.FetchCore.Tests;

/// <summary>Requests of protocol v0 and v1 on the same ladder.</summary>
public sealed class OlderProtocolTests : IAsyncLifetime
{
    private static readonly ObjectId s_tip = CoreFixture.Id(1);
    private static readonly ObjectId s_have = CoreFixture.Id(9);

    private static readonly FetchRequest s_clone = CoreFixture.Clone(s_tip) with { ProtocolVersion = 0 };

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
        FetchRequest first = s_clone with { SidebandKind = made };
        FetchRequest second = read is { } sideband ? s_clone with { SidebandKind = sideband } : CoreFixture.Clone(s_tip);
        _core.Primary.FetchOverride = _ => new FakeReply(Framed(first, FetchPrologue.Empty, FakePrimary.Pack), 0);
        await AssertServedAsync(first, FetchOutcome.Forward);
        await AssertServedAsync(second, FetchOutcome.Hit);
        Assert.Equal(1, _core.Primary.Packs);
    }

    [Fact]
    public async Task AnswerToDone_HasNoAcknowledgments_ForAClientOfV2()
    {
        FetchRequest old = s_clone with { Haves = [s_have], MultiAck = MultiAck.Detailed };
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
        FetchRequest old = s_clone with { Haves = [s_have], Done = false, NoDone = true, MultiAck = MultiAck.Detailed };
        var ready = new FetchPrologue
        {
            HasAcknowledgments = true,
            Acks = [s_have],
            Ready = true,
        };
        _core.Primary.FetchOverride = _ => new FakeReply(Framed(old, ready, FakePrimary.Pack), 0);
        await KeepAsync(old);
        var answer = Assert.IsType<FetchAnswer.Pack>(
            await _core.FetchAsync("alice", CoreFixture.Clone(s_tip) with { Haves = [s_have], Done = false })
        );
        Assert.Equal((FetchOutcome.Hit, ready), (answer.Outcome, answer.Reader.Prologue));
        await answer.Reader.DisposeAsync();
    }

    [Theory]
    [InlineData(MultiAck.Detailed, false)]
    [InlineData(MultiAck.MultiAck, true)]
    [InlineData(MultiAck.None, true)]
    public async Task Round_IsForwarded_ThoughAPackOfTheSameIsKept(MultiAck acks, bool noDone)
    {
        FetchRequest v2 = CoreFixture.Clone(s_tip) with { Haves = [s_have], Done = false };
        var ready = new FetchPrologue
        {
            HasAcknowledgments = true,
            Acks = [s_have],
            Ready = true,
        };
        _core.Primary.FetchOverride = _ => new FakeReply(Framed(v2, ready, FakePrimary.Pack), 0);
        await KeepAsync(v2);
        FetchAnswer round = await _core.FetchAsync("alice", v2 with { ProtocolVersion = 0, MultiAck = acks, NoDone = noDone });
        Assert.Equal(ForwardReason.NoPack, Assert.IsType<FetchAnswer.Forward>(round).Reason);
    }

    [Fact]
    public async Task PackThatNobodyCalledReady_IsRelayed()
    {
        FetchRequest v2 = CoreFixture.Clone(s_tip) with { Haves = [s_have], Done = false };
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
        FetchRequest bare = s_clone with { SidebandKind = SidebandKind.None };
        byte[] pack = missing == 0 ? [.. FakePrimary.Pack, 0] : FakePrimary.Pack[..^missing];
        _core.Primary.FetchOverride = _ => new FakeReply(Framed(bare, FetchPrologue.Empty, pack), 0);
        FetchAnswer broken = await _core.FetchAsync("alice", bare);
        await Assert.ThrowsAsync<FillFailedException>(() => CoreFixture.ReadAsync(broken));

        _core.Primary.FetchOverride = _ => new FakeReply(Framed(bare, FetchPrologue.Empty, FakePrimary.Pack), 0);
        await AssertServedAsync(bare, FetchOutcome.Forward);
    }

    [Fact]
    public async Task Access_IsAskedByTheAdvertisement_WhereNoneWasShown()
    {
        _core.Primary.FetchOverride = _ => new FakeReply(Framed(s_clone, FetchPrologue.Empty, FakePrimary.Pack), 0);
        await AssertServedAsync(s_clone, FetchOutcome.Forward);
        await AssertServedAsync(s_clone, FetchOutcome.Hit);
        Assert.Equal((1, 0), (_core.Primary.Advertisements, _core.Primary.Listings));
        await AssertServedAsync(CoreFixture.Clone(s_tip), FetchOutcome.Hit); // the same ticket
        Assert.Equal((1, 0), (_core.Primary.Advertisements, _core.Primary.Listings));
    }

    [Fact]
    public async Task Want_ThatTheAdvertisementDoesNotShow_IsForwarded_ThoughItIsKept()
    {
        ObjectId hidden = CoreFixture.Id(2);
        _core.Tickets.Show(
            CoreFixture.Repository,
            _core.CredentialOf("alice"),
            new RefListing(LsRefsRequest.All(ObjectFormat.Sha1), [new RefTip("refs/heads/hidden", hidden, null, null)])
            {
                IsOfShallow = false,
            },
            _core.Tickets.Now
        );
        _core.Primary.FetchOverride = _ => new FakeReply(Framed(s_clone, FetchPrologue.Empty, FakePrimary.Pack), 0);
        FetchRequest wanting = s_clone with { Wants = [hidden] };
        Assert.Equal(FakePrimary.Pack, await CoreFixture.ReadAsync(await _core.FetchAsync("alice", wanting)));
        Assert.Equal(ForwardReason.NotVisible, Assert.IsType<FetchAnswer.Forward>(await _core.FetchAsync("bob", wanting)).Reason);
        Assert.Equal(
            ForwardReason.NotVisible,
            Assert.IsType<FetchAnswer.Forward>(await _core.FetchAsync("bob", wanting with { ProtocolVersion = 2 })).Reason
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
        FetchRequest deepening = s_clone with { Depth = 1 };
        var boundary = new FetchPrologue { HasShallowInfo = true, Shallow = [s_tip] };
        _core.Primary.FetchOverride = _ => new FakeReply(Framed(deepening, boundary, FakePrimary.Pack), 0);
        await AssertServedAsync(deepening, FetchOutcome.Forward);
    }

    private static byte[] Framed(FetchRequest request, FetchPrologue prologue, byte[] pack)
    {
        var framing = new AnswerFraming(request);
        var buffer = new ArrayBufferWriter<byte>();
        framing.WritePrologue(buffer, prologue);
        framing.WriteProgress(buffer, "Counting objects");
        foreach (byte[] piece in pack.Chunk(framing.MaxPayload))
        {
            Span<byte> packet = buffer.GetSpan(piece.Length + 5);
            int header = framing.WritePackHeader(packet, piece.Length);
            piece.CopyTo(packet[header..]);
            buffer.Advance(header + piece.Length);
        }

        framing.WriteEnd(buffer);
        return buffer.WrittenSpan.ToArray();
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        while (!condition())
        {
            await Task.Yield();
        }
    }

    /// <summary>A fetch that is no clone is kept when it is asked for again.</summary>
    private async Task KeepAsync(FetchRequest request)
    {
        for (int asked = 0; asked < 2; asked++)
        {
            await CoreFixture.ReadAsync(await _core.FetchAsync("alice", request));
            await UntilAsync(() => _core.Fills.IsIdle);
        }
    }

    private async Task AssertServedAsync(FetchRequest request, FetchOutcome outcome)
    {
        var answer = Assert.IsType<FetchAnswer.Pack>(await _core.FetchAsync("alice", request));
        Assert.Equal(outcome, answer.Outcome);
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 0));
        await using (answer.Reader)
        {
            await new FetchAnswerBody(pipe.Writer, answer.Reader, request with { NoProgress = true }, TimeProvider.System).WriteAsync(
                "nobody hears it",
                CancellationToken.None
            );
        }

        await UntilAsync(() => _core.Fills.IsIdle);
        await pipe.Writer.CompleteAsync();
        ReadResult whole = await pipe.Reader.ReadAsync();
        ReadOnlySequence<byte> bytes = whole.Buffer;
        var framing = new AnswerFraming(request);
        Assert.Equal(AnswerStart.Pack, framing.TryReadPrologue(ref bytes, out FetchPrologue? prologue));
        Assert.Equal(answer.Reader.Prologue, prologue);
        using var pack = new MemoryStream();
        BandKind last = framing.HasBands ? BandKind.Keepalive : BandKind.End;
        while (framing.HasBands && FetchAnswerReader.TryReadBand(ref bytes, out BandLine band))
        {
            last = band.Kind;
            Assert.InRange(band.Payload.Length, 0, framing.MaxPayload);
            Assert.NotEqual(BandKind.Progress, band.Kind);
            pack.Write(band.Payload.ToArray());
        }

        pack.Write(framing.HasBands ? [] : bytes.ToArray());
        Assert.Equal(BandKind.End, last);
        Assert.Equal(FakePrimary.Pack, pack.ToArray());
        Assert.DoesNotContain("nobody hears it", Encoding.Latin1.GetString(whole.Buffer), StringComparison.Ordinal);
    }
}
