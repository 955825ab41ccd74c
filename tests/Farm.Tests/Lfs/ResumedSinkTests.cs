using Waystation.CacheStore.Lfs;
using Waystation.Farm.Lfs;

namespace Waystation.Farm.Tests.Lfs;

/// <summary>Several sources of one object, each of which breaks off somewhere, are one object.</summary>
public sealed class ResumedSinkTests
{
    private static readonly byte[] s_content = [.. Enumerable.Range(0, 23).Select(static i => (byte)i)];

    [Fact]
    public async Task SourcesThatBreakOff_AtEveryPairOfPlaces_AreOneObject()
    {
        for (int first = 0; first <= s_content.Length; first++)
        {
            for (int second = 0; second <= s_content.Length; second++)
            {
                var inner = new Sink();
                var sink = new ResumedSink(inner);
                await WriteAsync(sink, first, pieces: 5);
                sink.Rewind();
                await WriteAsync(sink, second, pieces: 3);
                sink.Rewind();
                await WriteAsync(sink, s_content.Length, pieces: 7);
                Assert.Equal(s_content, inner.Written);
            }
        }
    }

    [Fact]
    public async Task RefusalBeforeTheFirstByte_IsTold_AndLaterBreaksOff()
    {
        var inner = new Sink();
        var sink = new ResumedSink(inner);
        sink.Refuse(new LfsRefusal(404, "none"));
        Assert.Equal("none", inner.Refusal?.Message);
        sink.Rewind();
        await sink.WriteAsync(s_content);
        sink.Rewind();
        Assert.Throws<LfsBrokenException>(() => sink.Refuse(new LfsRefusal(404, "gone")));
        Assert.Equal("none", inner.Refusal?.Message);
    }

    [Fact]
    public void Source_IsOnlyForTheNodeToWhichItWasOffered_WhileTheOfferLasts()
    {
        var sources = new OpenSources();
        var source = new LfsExchangeTests.Source("here", null);
        using (OpenSources.Offer offer = sources.Open("node2", source))
        {
            Assert.Same(source, sources.Find(offer.Number, "node2"));
            Assert.Null(sources.Find(offer.Number, "node3"));
            Assert.Null(sources.Find(new string('0', offer.Number.Length), "node2"));
            offer.Dispose();
            Assert.Null(sources.Find(offer.Number, "node2"));
        }
    }

    private static async Task WriteAsync(ResumedSink sink, int length, int pieces)
    {
        foreach (byte[] piece in s_content[..length].Chunk(pieces))
        {
            await sink.WriteAsync(piece);
        }
    }

    private sealed class Sink : ILfsSink
    {
        public List<byte> Written { get; } = [];

        public LfsRefusal? Refusal { get; private set; }

        public CancellationToken Stopping => CancellationToken.None;

        public bool IsOfStrangers => false;

        public ValueTask WriteAsync(ReadOnlyMemory<byte> bytes)
        {
            Written.AddRange(bytes.Span);
            return ValueTask.CompletedTask;
        }

        public void Refuse(LfsRefusal refusal) => Refusal = refusal;
    }
}
