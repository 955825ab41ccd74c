using System.Buffers;
using Waystation.FetchCore.Observing;
using Waystation.FetchCore.Packs;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.Requests;
using Waystation.GitProtocol.Responses;
using Waystation.TestKit.Servers;

namespace Waystation.FetchCore.Tests;

/// <summary>
/// A tag that is made between a listing and the pack that the primary makes comes with that pack. Only its asker may have it: the tag
/// may be hidden from the other clients that share the response, because their listings do not show it.
/// </summary>
public sealed class HiddenTagTests : IAsyncLifetime
{
    private static readonly ObjectId s_tip = CoreFixture.Id(1);

    private readonly CoreFixture _core = new();

    public Task InitializeAsync()
    {
        _core.Primary.Refs.Add(("refs/heads/main", s_tip, null));
        _core.Primary.Shows = static (user, name) => user == "alice" || !name.Contains("hidden", StringComparison.Ordinal);
        return Task.CompletedTask;
    }

    public async Task DisposeAsync() => await _core.DisposeAsync();

    [Theory]
    [InlineData(2)]
    [InlineData(0)]
    public async Task Tag_ThatCameWithTheAnswer_IsKeptForNobody(int version)
    {
        ParsedCommand.Fetch request = RequestOf(version);
        _core.Primary.FetchOverride = user => Answer(request, user == "alice" ? WithHiddenTag() : FakePrimary.Pack);
        Assert.Equal(FakePrimary.OtherPack, await CoreFixture.ReadAsync(await _core.FetchAsync("alice", request)));
        await UntilAsync(() => _core.Fills.IsIdle);
        Assert.Equal(FakePrimary.Pack, await CoreFixture.ReadAsync(await _core.FetchAsync("bob", request)));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(0)]
    public async Task Tag_ThatCameWithTheAnswer_IsGivenToNoFollower(int version)
    {
        ParsedCommand.Fetch request = RequestOf(version);
        var gate = new TaskCompletionSource();
        _core.Primary.PackGate = gate.Task;
        _core.Primary.FetchOverride = user => Answer(request, user == "alice" ? WithHiddenTag() : FakePrimary.Pack);
        Task<FetchAnswer> alice = _core.FetchAsync("alice", request);
        await UntilAsync(() => _core.Primary.Packs == 1);
        Task<byte[]>[] others = [.. Enumerable.Range(0, 10).Select(i => ReadAsync($"bob {i}", request))];
        gate.SetResult();
        Assert.Equal(FakePrimary.OtherPack, await CoreFixture.ReadAsync(await alice));
        Assert.All(await Task.WhenAll(others), static pack => Assert.Equal(FakePrimary.Pack, pack));

        // Followers that were sent away share again.
        Assert.Equal(2, _core.Primary.Packs);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(0)]
    public async Task UnmovedTags_LetAllShareOnePack(int version)
    {
        ParsedCommand.Fetch request = RequestOf(version);
        var gate = new TaskCompletionSource();
        _core.Primary.PackGate = gate.Task;
        _core.Primary.Refs.Add(("refs/tags/v1", CoreFixture.Id(3), s_tip));
        _core.Primary.FetchOverride = _ => Answer(request, FakePrimary.Pack);
        Task<byte[]>[] all = [.. Enumerable.Range(0, 20).Select(i => ReadAsync($"user {i}", request))];
        await UntilAsync(() => _core.Primary.Packs == 1);
        gate.SetResult();
        Assert.All(await Task.WhenAll(all), static pack => Assert.Equal(FakePrimary.Pack, pack));
        await UntilAsync(() => _core.Fills.IsIdle);
        Assert.Equal(FetchOutcome.Hit, Assert.IsType<FetchAnswer.Pack>(await _core.FetchAsync("user 1", request)).Outcome);
        Assert.Equal(1, _core.Primary.Packs);
    }

    /// <summary>A client that has its whole answer can count on its being kept.</summary>
    [Theory]
    [InlineData(2)]
    [InlineData(0)]
    public async Task Answer_EndsOnlyWhenItIsKnownThatAllMayHaveIt(int version)
    {
        ParsedCommand.Fetch request = RequestOf(version);
        var gate = new TaskCompletionSource();
        _core.Primary.FetchOverride = _ =>
        {
            _core.Primary.ListingGate = gate.Task;
            return Answer(request, FakePrimary.Pack);
        };
        Task<byte[]> reading = ReadAsync("alice", request);
        await UntilAsync(() => _core.Primary.Packs == 1 && _core.Primary.Listings + _core.Primary.Advertisements == 2);
        Assert.False(reading.IsCompleted);
        gate.SetResult();
        Assert.Equal(FakePrimary.Pack, await reading);
        Assert.Equal(FetchOutcome.Hit, await OutcomeAsync("alice", request));
        Assert.Equal(FetchOutcome.Hit, await OutcomeAsync("bob", request));
        Assert.Equal(1, _core.Primary.Packs);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(0)]
    public async Task Answer_EndsAndIsNotKept_WhereTheListingHangs(int version)
    {
        ParsedCommand.Fetch request = RequestOf(version);
        var gate = new TaskCompletionSource();
        _core.Primary.FetchOverride = _ =>
        {
            _core.Primary.ListingGate = gate.Task;
            return Answer(request, FakePrimary.Pack);
        };
        Task<byte[]> reading = ReadAsync("alice", request);
        await UntilAsync(() => _core.Primary.Packs == 1 && _core.Primary.Listings + _core.Primary.Advertisements == 2);
        while (!reading.IsCompleted)
        {
            await Task.Delay(5);
            _core.Time.Turn(TimeSpan.FromSeconds(1));
        }

        Assert.Equal(FakePrimary.Pack, await reading);
        gate.SetResult();
        await UntilAsync(() => _core.Fills.IsIdle);
        Assert.Equal(FetchOutcome.Forward, await OutcomeAsync("alice", request));
    }

    [Fact]
    public async Task AnswerThatIsTooShortForAPack_BreaksOff()
    {
        ParsedCommand.Fetch request = RequestOf(2);
        _core.Primary.FetchOverride = _ => Answer(request, FakePrimary.Pack[..15]);
        await Assert.ThrowsAsync<CacheStore.Packs.Filling.FillFailedException>(() => ReadAsync("alice", request));
    }

    [Fact]
    public async Task DeepenRelative_IsKeptOnlyWhereTheRefsThatItCountsFromAreStillThere()
    {
        var request = new ParsedCommand.Fetch(
            CoreFixture.Clone(s_tip) with
            {
                Depth = 1,
                DeepenRelative = true,
                Shallows = [s_tip],
            },
            ResponseFraming.V2
        );
        _core.Primary.FetchOverride = user =>
        {
            lock (_core.Primary.Refs)
            {
                _core.Primary.Refs[0] = ("refs/heads/main", CoreFixture.Id(4), null);
            }

            return Answer(request, user == "alice" ? FakePrimary.OtherPack : FakePrimary.Pack);
        };
        for (int round = 0; round < 2; round++)
        {
            _core.Tickets.RecordRefs(
                CoreFixture.Repository,
                _core.CredentialOf("bob"),
                new(GitProtocol.Requests.LsRefsRequest.All(ObjectFormat.Sha1), [new("refs/heads/main", s_tip, null, null)]),
                _core.Tickets.Now
            );
            _core.Tickets.RecordRefs(
                CoreFixture.Repository,
                _core.CredentialOf("alice"),
                new(GitProtocol.Requests.LsRefsRequest.All(ObjectFormat.Sha1), [new("refs/heads/main", s_tip, null, null)]),
                _core.Tickets.Now
            );
            Assert.Equal(FakePrimary.OtherPack, await CoreFixture.ReadAsync(await _core.FetchAsync("alice", request)));
            await UntilAsync(() => _core.Fills.IsIdle);
        }

        Assert.Equal(FakePrimary.Pack, await CoreFixture.ReadAsync(await _core.FetchAsync("bob", request)));
    }

    /// <summary>An answer with this pack.</summary>
    internal static FakeReply Answer(ParsedCommand.Fetch asked, byte[] pack, FetchPrologue? prologue = null)
    {
        var codec = new ResponseCodec(asked.Request, asked.Framing);
        var buffer = new ArrayBufferWriter<byte>();
        codec.WritePrologue(
            buffer,
            prologue ?? (asked.Request.Deepens ? new FetchPrologue { HasShallowInfo = true, Shallow = [s_tip] } : FetchPrologue.Empty)
        );
        foreach (byte[] piece in pack.Chunk(codec.MaxPayload))
        {
            Span<byte> packet = buffer.GetSpan(piece.Length + 5);
            int header = codec.WritePackHeader(packet, piece.Length);
            piece.CopyTo(packet[header..]);
            buffer.Advance(header + piece.Length);
        }

        codec.WriteEnd(buffer);
        return new FakeReply(buffer.WrittenSpan.ToArray(), 0);
    }

    private static Task UntilAsync(Func<bool> condition) => Eventually.TrueAsync("what the test waits for", condition);

    private async Task<FetchOutcome> OutcomeAsync(string user, ParsedCommand.Fetch request)
    {
        var answer = Assert.IsType<FetchAnswer.Pack>(await _core.FetchAsync(user, request));
        await answer.Reader.DisposeAsync();
        return answer.Outcome;
    }

    private ParsedCommand.Fetch RequestOf(int version)
    {
        _core.Primary.SpeaksOld = version < 2;
        return new(CoreFixture.Clone(s_tip) with { IncludeTag = true }, new ResponseFraming { ProtocolVersion = version });
    }

    private async Task<byte[]> ReadAsync(string user, ParsedCommand.Fetch request) =>
        await CoreFixture.ReadAsync(await _core.FetchAsync(user, request));

    /// <summary>The tag is made while the primary makes the pack, before it reads its tags.</summary>
    private byte[] WithHiddenTag()
    {
        lock (_core.Primary.Refs)
        {
            _core.Primary.Refs.Add(("refs/tags/hidden", CoreFixture.Id(7), s_tip));
        }

        return FakePrimary.OtherPack;
    }
}
