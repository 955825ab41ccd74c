using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using Waystation.CacheStore.Packs;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Packs;
using Waystation.FetchCore.Primaries;
using Waystation.FetchCore.Refs;
using Waystation.FetchCore.Tests;
using Waystation.GitProtocol.Advertisements;
using Waystation.GitProtocol.PktLines;
using Waystation.GitProtocol.Requests;
using Waystation.SshFrontend.Channels;
using Waystation.SshFrontend.Relays;
using Waystation.SshFrontend.Sessions;
using Waystation.SshFrontend.Upstreams;

namespace Waystation.SshFrontend.Tests.Sessions;

/// <summary>Sessions of clients without a client, sshd or network: the core on a real disk, a primary in memory, and bytes.</summary>
internal sealed class SessionStage : IAsyncDisposable
{
    public CoreFixture Core { get; } = new();

    /// <summary>The requests that the primary was sent as they came.</summary>
    public List<byte[]> Forwarded { get; } = [];

    /// <summary>A v2 session of a user who sends these pieces and then nothing more.</summary>
    public Task<SessionResult> RunV2Async(string user, params byte[][] pieces) => RunV2Async(user, isSelected: true, pieces);

    /// <param name="user">The user.</param>
    /// <param name="isSelected">Whether the operator wants the repository cached.</param>
    /// <param name="pieces">What the client sends, in these pieces.</param>
    public async Task<SessionResult> RunV2Async(string user, bool isSelected, params byte[][] pieces)
    {
        byte[] said = [.. "000eversion 2\n"u8, .. "000cls-refs\n"u8, .. "000afetch\n"u8, .. "0017object-format=sha1\n"u8, .. "0000"u8];
        Assert.True(CapabilityAdvertisement.TryParse(said, out CapabilityAdvertisement? capabilities));
        SessionResult result = await RunAsync(
            user,
            isSelected,
            pieces,
            call => new V2Session(call, NewResponder(), Core.Refs).RunAsync(capabilities, CancellationToken.None)
        );
        Assert.True(result.Output.AsSpan().StartsWith(said));
        return result with { Output = result.Output[said.Length..] };
    }

    /// <summary>A v0 session; the output begins after the advertisement.</summary>
    public async Task<SessionResult> RunV0Async(string user, params byte[][] pieces)
    {
        byte[] said = Core.Primary.AdvertisementOf(user);
        SessionResult result = await RunAsync(
            user,
            isSelected: true,
            pieces,
            call => new V0Session(call, NewResponder(), new V0Upstream(this, user, said)).RunAsync(CancellationToken.None)
        );
        Assert.True(result.Output.AsSpan().StartsWith(said));
        return result with { Output = result.Output[said.Length..] };
    }

    public async ValueTask DisposeAsync() => await Core.DisposeAsync();

    public static byte[] Lines(params string[] lines)
    {
        var buffer = new ArrayBufferWriter<byte>();
        foreach (string line in lines)
        {
            switch (line)
            {
                case "flush":
                    PktLineWriter.WriteFlush(buffer);
                    break;
                case "delim":
                    PktLineWriter.WriteDelim(buffer);
                    break;
                default:
                    PktLineWriter.WriteText(buffer, line);
                    break;
            }
        }

        return buffer.WrittenSpan.ToArray();
    }

    private SshFetchResponder NewResponder() => new(new FetchResponder(Core.Service, Core.Observer, Core.Time));

    private async Task<SessionResult> RunAsync(string user, bool isSelected, byte[][] pieces, Func<UploadPackCall, Task<SessionEnd>> run)
    {
        var input = new Pipe(new PipeOptions(pauseWriterThreshold: 0));
        using var output = new MemoryStream();
        using var error = new MemoryStream();
        await using var session = new RelaySession
        {
            Key = "",
            Command = "",
            Input = input.Reader.AsStream(),
            Output = output,
            Error = error,
        };
        await using var client = new ClientChannel(session);
        await using var upstream = new V2Upstream(this, user);
        Task<SessionEnd> running = run(new UploadPackCall(CoreFixture.Repository, VisibilityRule.Advertised, isSelected, upstream, client));
        foreach (byte[] piece in pieces)
        {
            await input.Writer.WriteAsync(piece);
        }

        await input.Writer.CompleteAsync();
        int exitCode = await client.EndAsync(await running.WaitAsync(TimeSpan.FromMinutes(1)), CancellationToken.None);
        return new SessionResult(exitCode, output.ToArray(), Encoding.UTF8.GetString(error.ToArray()));
    }

    private IPrimary Asking(string user, ReadOnlyMemory<byte> bytes) => new Noting(this, Core.Primary.For(user), bytes);

    private sealed class V2Upstream(SessionStage stage, string user) : IUpstream
    {
        public Credential Credential => stage.Core.CredentialOf(user);

        public CapabilityAdvertisement? Capabilities => null;

        public IV0Upstream? Old => null;

        public Task<SessionEnd?> OpenAsync(CancellationToken cancellationToken) => Task.FromResult<SessionEnd?>(null);

        public IPrimary Asking(ReadOnlyMemory<byte> command) => stage.Asking(user, command);

        public SessionEnd Explain(PrimaryReply reply) => SessionEnd.Saying("the primary refuses");

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }

    /// <summary>A primary over HTTP: each forwarded request is a question of its own.</summary>
    private sealed class V0Upstream(SessionStage stage, string user, byte[] advertisement) : IV0Upstream
    {
        public int Version => 0;

        public RefsReading? Reading => null;

        public PipeReader Advertisement { get; } = PipeReader.Create(new ReadOnlySequence<byte>(advertisement));

        public IPrimary Asking(ReadOnlyMemory<byte> request) => stage.Asking(user, request);

        public async Task<SessionEnd?> ForwardAsync(
            ReadOnlyMemory<byte> said,
            ClientChannel client,
            bool boundaryTold,
            CancellationToken cancellationToken
        )
        {
            stage.Forwarded.Add(said.ToArray());
            await client.WriteAsync("0008NAK\n"u8.ToArray(), cancellationToken);
            return null;
        }
    }

    private sealed class Noting(SessionStage stage, IPrimary inner, ReadOnlyMemory<byte> bytes) : IPrimary
    {
        public Task<PrimaryReply> FetchAsync(CancellationToken cancellationToken)
        {
            stage.Forwarded.Add(bytes.ToArray());
            return inner.FetchAsync(cancellationToken);
        }

        public Task<PrimaryReply> AskRefsAsync(CancellationToken cancellationToken)
        {
            var buffer = new ReadOnlySequence<byte>(bytes);
            long scanned = 0;
            Assert.True(CommandParser.TryReadCommand(ref buffer, ref scanned, out ParsedCommand? command));
            return inner.LsRefsAsync(Assert.IsType<ParsedCommand.LsRefs>(command).Request, cancellationToken);
        }

        public Task<PrimaryReply> SyncAsync(FetchRequest request, ResponseFraming framing, CancellationToken cancellationToken) =>
            inner.SyncAsync(request, framing, cancellationToken);

        public Task<PrimaryReply> LsRefsAsync(LsRefsRequest request, CancellationToken cancellationToken) =>
            inner.LsRefsAsync(request, cancellationToken);

        public Task<PrimaryReply> InfoRefsAsync(CancellationToken cancellationToken) => inner.InfoRefsAsync(cancellationToken);
    }
}

/// <summary>How a session ended for its client.</summary>
internal sealed record SessionResult(int ExitCode, byte[] Output, string Error)
{
    public string Text => Encoding.Latin1.GetString(Output);

    public bool HoldsPack(byte[] pack)
    {
        var buffer = new ReadOnlySequence<byte>(Output);
        using var all = new MemoryStream();
        while (PktLineReader.TryRead(ref buffer, out PktLine line))
        {
            if (line.Kind == PktLineKind.Data && line.Payload.FirstSpan[0] == 1)
            {
                all.Write(line.Payload.Slice(1).ToArray());
            }
        }

        return all.ToArray().AsSpan().SequenceEqual(pack);
    }
}
