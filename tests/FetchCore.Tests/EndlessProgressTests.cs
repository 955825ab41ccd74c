using System.Buffers;
using System.IO.Pipelines;
using Waystation.FetchCore.Packs;
using Waystation.FetchCore.Primaries;
using Waystation.FetchCore.Primaries.Errors;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.PktLines;
using Waystation.GitProtocol.Requests;

namespace Waystation.FetchCore.Tests;

/// <summary>A primary that only ever says how far it has come, and never sends its pack, is not read for ever.</summary>
public sealed class EndlessProgressTests : IAsyncLifetime
{
    /// <summary>At most twice the bytes that are read of one response, with all that pipes hold.</summary>
    private const long Enough = 32 << 20;

    private static readonly ObjectId s_tip = CoreFixture.Id(1);

    /// <summary>Of the real clock, for a machine that is busy.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private readonly CoreFixture _core = new();

    public Task InitializeAsync()
    {
        _core.Primary.Refs.Add(("refs/heads/main", s_tip, null));
        return Task.CompletedTask;
    }

    public async Task DisposeAsync() => await _core.DisposeAsync();

    [Fact]
    public async Task Sync_Ends()
    {
        await using var reply = new EndlessReply([]);
        using var life = new SignsOfLife(_core.Time, CancellationToken.None);

        await Assert.ThrowsAsync<PrimaryException>(() =>
            life.CopyPackAsync(reply.Body, ResponseFraming.V2, static (_, _) => ValueTask.CompletedTask).WaitAsync(s_patience)
        );

        Assert.InRange(reply.Said, 1, Enough);
    }

    [Fact]
    public async Task Fetch_Ends()
    {
        List<EndlessReply> replies = [];
        _core.Primary.FetchOverride = _ =>
        {
            var reply = new EndlessReply("000dpackfile\n"u8.ToArray());
            replies.Add(reply);
            return reply;
        };

        FetchAnswer answer = await _core.FetchAsync("sana", CoreFixture.Clone(s_tip)).WaitAsync(s_patience);
        Exception? ended =
            answer is FetchAnswer.Pack ? await Record.ExceptionAsync(() => CoreFixture.ReadAsync(answer).WaitAsync(s_patience)) : null;

        Assert.True(answer is not FetchAnswer.Pack || ended is not (null or TimeoutException), $"{answer.GetType().Name}, {ended}");
        Assert.NotEmpty(replies);
        Assert.All(replies, static reply => Assert.InRange(reply.Said, 1, Enough));
    }

    /// <summary>Sends this many bytes, and then progress as long as a client reads.</summary>
    private sealed class EndlessReply : PrimaryReply
    {
        private readonly Pipe _pipe = new();
        private readonly Task _talking;
        private long _said;

        public EndlessReply(byte[] first) => _talking = TalkAsync(first);

        public long Said => Interlocked.Read(ref _said);

        public override bool IsAnswer => true;

        public override bool IsRefusal => false;

        public override long AskedAt => 0;

        public override PipeReader Body => _pipe.Reader;

        public override async ValueTask DisposeAsync()
        {
            await _pipe.Reader.CompleteAsync();
            await _talking;
        }

        private async Task TalkAsync(byte[] first)
        {
            await Task.Yield();
            byte[] line = new byte[1_000];
            line.AsSpan().Fill((byte)'.');
            _pipe.Writer.Write(first);
            FlushResult flushed;
            do
            {
                Sideband.Write(_pipe.Writer, Sideband.Progress, line);
                Interlocked.Add(ref _said, line.Length);
                flushed = await _pipe.Writer.FlushAsync();
            } while (!flushed.IsCompleted);

            await _pipe.Writer.CompleteAsync();
        }
    }
}
