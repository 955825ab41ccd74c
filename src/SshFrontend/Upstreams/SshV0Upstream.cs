using System.Buffers;
using System.IO.Pipelines;
using Waystation.FetchCore.Primaries;
using Waystation.FetchCore.Primaries.Errors;
using Waystation.FetchCore.Refs;
using Waystation.GitProtocol.Requests;
using Waystation.GitProtocol.Responses;
using Waystation.Primaries.Ssh;
using Waystation.Primaries.Ssh.UploadPack;
using Waystation.SshFrontend.Channels;

namespace Waystation.SshFrontend.Upstreams;

/// <summary>
/// A v0 or v1 conversation at the primary over SSH. It serves one request; for another one after it, a new conversation is opened.
/// </summary>
internal sealed class SshV0Upstream : IV0Upstream, IAsyncDisposable
{
    private readonly SshUploadPacks _packs;
    private readonly SshUploadPacks _oldPacks;
    private readonly SshAsker _asker;
    private SshUploadPack? _first;

    private SshV0Upstream(
        PipeReader advertisement,
        int version,
        RefsReading? reading,
        SshUploadPack? first,
        SshUploadPacks packs,
        SshUploadPacks oldPacks,
        SshAsker asker
    )
    {
        (Advertisement, Version, Reading) = (advertisement, version, reading);
        (_first, _packs, _oldPacks, _asker) = (first, packs, oldPacks, asker);
    }

    /// <summary>A conversation that has begun.</summary>
    public static SshV0Upstream Of(
        SshUploadPack first,
        RefsReading reading,
        SshUploadPacks packs,
        SshUploadPacks oldPacks,
        SshAsker asker
    ) => new(new ResponseBody(first.Output), first.Version, reading, first, packs, oldPacks, asker);

    /// <summary>In an outage: a recorded advertisement, and a conversation that begins only if the client needs one.</summary>
    public static SshV0Upstream Of(PipeReader advertisement, int version, SshUploadPacks packs, SshUploadPacks oldPacks, SshAsker asker) =>
        new(advertisement, version, reading: null, first: null, packs, oldPacks, asker);

    public int Version { get; }

    public RefsReading? Reading { get; }

    public PipeReader Advertisement { get; }

    public IPrimary Asking(ReadOnlyMemory<byte> request) => new OldPrimary(this, request);

    public async Task<SessionEnd?> ForwardAsync(
        ReadOnlyMemory<byte> said,
        ClientChannel client,
        bool boundaryTold,
        CancellationToken cancellationToken
    )
    {
        using IDisposable place = await _packs.Origin.EnterAsync(_asker, asksForRefs: false, cancellationToken);
        await using SshUploadPack conversation = await TakeAsync(cancellationToken);
        _asker.Meters.Upstream("fetch");
        await conversation.Input.WriteAsync(said, cancellationToken);
        await conversation.Input.FlushAsync(cancellationToken);
        if (boundaryTold)
        {
            await conversation.PassSectionAsync(cancellationToken);
        }

        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task up = SendRestAsync(client, conversation.Input, over.Token);
        await conversation.Output.CopyToAsync(client.Output, cancellationToken);
        SshExit exit = await conversation.Exit.WaitAsync(cancellationToken);
        await over.CancelAsync();
        await up.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return new SessionEnd(exit.Code, exit.Outcome == SshOutcome.Ended ? conversation.ErrorText : $"waystation: {exit.Message}\n");
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _first, null) is { } unused)
        {
            await unused.CloseAsync();
        }
    }

    private static async Task SendRestAsync(ClientChannel client, Stream primary, CancellationToken cancellationToken)
    {
        try
        {
            await client.Input.CopyToAsync(primary, cancellationToken);
            await primary.DisposeAsync();
        }
        catch (IOException)
        {
            // The primary has stopped reading: its last message is on its way.
        }
    }

    /// <summary>A conversation behind its advertisement: the first one, which the client saw, or a new one.</summary>
    private async Task<SshUploadPack> TakeAsync(CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref _first, null) is { } first)
        {
            return first;
        }

        (SshOpening opening, _) = await _oldPacks.TakeAsync(fresh: true, cancellationToken);
        if (opening is not SshOpening.Opened { UploadPack: var another })
        {
            throw new PrimaryException("the primary refused a second connection of this session");
        }

        await another.PassSectionAsync(cancellationToken);
        return another;
    }

    /// <summary>The primary for one whole request.</summary>
    private sealed class OldPrimary(SshV0Upstream upstream, ReadOnlyMemory<byte> request) : IPrimary
    {
        public bool IsOut => upstream._packs.Origin.Gate.IsOut(upstream._asker.Repository, upstream._asker.Credential);

        public bool AnswersOneAtATime => true;

        public Task<PrimaryReply> FetchAsync(CancellationToken cancellationToken) => AskAsync("fetch", request, cancellationToken);

        /// <summary>The advertisement of a new connection.</summary>
        public Task<PrimaryReply> AskRefsAsync(CancellationToken cancellationToken) => InfoRefsAsync(cancellationToken);

        public async Task<PrimaryReply> SyncAsync(FetchRequest request, ResponseFraming framing, CancellationToken cancellationToken)
        {
            if (framing.ProtocolVersion == 2)
            {
                return await new SshPrimary(upstream._packs, default, upstream._asker).SyncAsync(request, framing, cancellationToken);
            }

            var written = new ArrayBufferWriter<byte>();
            FetchRequestWriter.WriteV0(written, request, framing, agent: null);
            return await AskAsync("sync", written.WrittenMemory, cancellationToken);
        }

        public Task<PrimaryReply> LsRefsAsync(LsRefsRequest request, CancellationToken cancellationToken) =>
            new SshPrimary(upstream._packs, default, upstream._asker).LsRefsAsync(request, cancellationToken);

        public Task<PrimaryReply> InfoRefsAsync(CancellationToken cancellationToken) =>
            new SshPrimary(upstream._oldPacks, default, upstream._asker).InfoRefsAsync(cancellationToken);

        private async Task<PrimaryReply> AskAsync(string kind, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
        {
            IDisposable place = await upstream._packs.Origin.EnterAsync(upstream._asker, asksForRefs: false, cancellationToken);
            try
            {
                upstream._asker.Meters.Upstream(kind);
                SshUploadPack conversation = await upstream.TakeAsync(cancellationToken);
                return (await conversation.ReplyAsync(bytes, upstream._asker.Tickets.Now, cancellationToken)).Holding(place);
            }
            catch
            {
                place.Dispose();
                throw;
            }
        }
    }
}
