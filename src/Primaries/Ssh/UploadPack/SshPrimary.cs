using System.Buffers;
using System.Diagnostics;
using System.IO.Pipelines;
using System.Text;
using Waystation.CacheStore;
using Waystation.FetchCore.Primaries;
using Waystation.FetchCore.Primaries.Errors;
using Waystation.GitProtocol;
using Waystation.GitProtocol.Advertisements;
using Waystation.GitProtocol.PktLines;
using Waystation.GitProtocol.Requests;
using Waystation.GitProtocol.Responses;

namespace Waystation.Primaries.Ssh.UploadPack;

/// <summary>
/// The primary over SSH, in one user's name, for one command of a client. Each question is a v2 command on an upload-pack that runs there.
/// The connection itself shows that this user may read. Every reply is a <see cref="SshPrimaryReply"/>.
/// </summary>
/// <param name="uploadPacks">The connections, shared by all commands of a session; the session disposes them.</param>
/// <param name="command">The client's own command unchanged, from <c>command=fetch</c> to its flush-pkt; empty if only the node
/// asks.</param>
/// <param name="asker">The name in which to ask.</param>
public sealed class SshPrimary(SshUploadPacks uploadPacks, ReadOnlyMemory<byte> command, SshAsker asker) : IPrimary
{
    private const string ObjectFormatCapability = "object-format";

    /// <inheritdoc />
    public bool IsOut => uploadPacks.Origin.Gate.IsOut(asker.Repository, asker.Credential);

    /// <inheritdoc />
    public bool AnswersOneAtATime => true;

    /// <inheritdoc />
    public IDisposable KeepOpen() => uploadPacks.KeepOpen();

    /// <inheritdoc />
    public Task<PrimaryReply> FetchAsync(CancellationToken cancellationToken) =>
        AskAsync("fetch", _ => command, isOwn: false, cancellationToken);

    /// <summary>A command, or without one the advertisement.</summary>
    /// <inheritdoc />
    public Task<PrimaryReply> AskRefsAsync(CancellationToken cancellationToken) =>
        command.IsEmpty ? InfoRefsAsync(cancellationToken) : AskAsync("ls-refs", _ => command, isOwn: true, cancellationToken);

    /// <inheritdoc />
    public Task<PrimaryReply> LsRefsAsync(LsRefsRequest request, CancellationToken cancellationToken) =>
        AskAsync(
            "ls-refs",
            capabilities =>
            {
                var written = new ArrayBufferWriter<byte>();
                LsRefsRequestWriter.Write(written, request, agent: null, capabilities.Supports(ObjectFormatCapability));
                return written.WrittenMemory;
            },
            isOwn: true,
            cancellationToken
        );

    /// <summary>Sends the node's own fetch, whose response the caller reads (gitprotocol-v2, fetch; gitprotocol-pack).</summary>
    public Task<PrimaryReply> SyncAsync(FetchRequest request, ResponseFraming framing, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(framing);
        return framing.ProtocolVersion < 2
            ? SyncOldAsync(request, framing, cancellationToken)
            : SyncNewAsync(request, framing, cancellationToken);
    }

    private async Task<PrimaryReply> SyncNewAsync(FetchRequest request, ResponseFraming framing, CancellationToken cancellationToken)
    {
        await uploadPacks.AwaitIdleAsync(cancellationToken);
        return await AskAsync(
            "sync",
            capabilities =>
            {
                var written = new ArrayBufferWriter<byte>();
                FetchRequestWriter.WriteV2(written, request, framing, agent: null, capabilities.Supports(ObjectFormatCapability));
                return written.WrittenMemory;
            },
            isOwn: true,
            cancellationToken
        );
    }

    /// <summary>The advertisement of a new connection, in any version that the primary speaks, without the service line of HTTP.</summary>
    /// <inheritdoc cref="IPrimary.InfoRefsAsync" path="/param"/>
    public Task<PrimaryReply> InfoRefsAsync(CancellationToken cancellationToken) =>
        WithPlaceAsync("info-refs", asksForRefs: true, ReadAdvertisementAsync, cancellationToken);

    private async Task<SshPrimaryReply> ReadAdvertisementAsync(CancellationToken cancellationToken)
    {
        long askedAt = asker.Tickets.Now;
        (SshOpening opening, _) = await uploadPacks.TakeAsync(fresh: true, cancellationToken);
        if (opening is not SshOpening.Opened { UploadPack: var uploadPack })
        {
            return SshPrimaryReply.NoOf(opening, askedAt);
        }

        if (uploadPack.Capabilities is not { } capabilities)
        {
            // v0 and v1: a flush-pkt ends the advertisement as it ends a v2 response. A client without wants sends a flush-pkt then.
            return SshPrimaryReply.Answer(new ResponseBody(uploadPack.Output), askedAt, _ => uploadPack.CloseAsync());
        }

        SshPrimaryReply reply = SshPrimaryReply.Answer(capabilities.Bytes, askedAt);
        await uploadPacks.GiveBackAsync(uploadPack, isWhole: true);
        return reply;
    }

    private Task<PrimaryReply> SyncOldAsync(FetchRequest request, ResponseFraming framing, CancellationToken cancellationToken) =>
        WithPlaceAsync("sync", asksForRefs: false, token => SendOldAsync(request, framing, token), cancellationToken);

    private async Task<SshPrimaryReply> SendOldAsync(FetchRequest request, ResponseFraming framing, CancellationToken cancellationToken)
    {
        long askedAt = asker.Tickets.Now;
        (SshOpening opening, _) = await uploadPacks.TakeAsync(fresh: true, cancellationToken);
        if (opening is not SshOpening.Opened { UploadPack: var uploadPack })
        {
            return SshPrimaryReply.NoOf(opening, askedAt);
        }

        if (uploadPack.Version == 2)
        {
            await uploadPack.CloseAsync();
            throw new PrimaryException($"{uploadPacks.Origin.Target.Host} changed its protocol version during the session");
        }

        var written = new ArrayBufferWriter<byte>();
        FetchRequestWriter.WriteV0(written, request, framing, agent: null);
        await uploadPack.PassSectionAsync(cancellationToken);
        return await uploadPack.ReplyAsync(written.WrittenMemory, askedAt, cancellationToken);
    }

    private Task<PrimaryReply> AskAsync(
        string kind,
        Func<CapabilityAdvertisement, ReadOnlyMemory<byte>> write,
        bool isOwn,
        CancellationToken cancellationToken
    ) => WithPlaceAsync(kind, asksForRefs: kind == "ls-refs", token => SendAsync(write, isOwn, token), cancellationToken);

    /// <summary>Asks once the gate lets it pass. The reply holds the place at the primary.</summary>
    private async Task<PrimaryReply> WithPlaceAsync(
        string kind,
        bool asksForRefs,
        Func<CancellationToken, Task<SshPrimaryReply>> ask,
        CancellationToken cancellationToken
    )
    {
        using Activity? span = Spans.BeginUpstream(kind);
        IDisposable place = await uploadPacks.Origin.EnterAsync(asker, asksForRefs, cancellationToken);
        try
        {
            asker.Meters.Upstream(kind);
            return (await ask(cancellationToken)).Holding(place);
        }
        catch
        {
            place.Dispose();
            throw;
        }
    }

    private async Task<SshPrimaryReply> SendAsync(
        Func<CapabilityAdvertisement, ReadOnlyMemory<byte>> write,
        bool isOwn,
        CancellationToken cancellationToken
    )
    {
        while (true)
        {
            long askedAt = asker.Tickets.Now;
            (SshOpening opening, bool isNew) = await uploadPacks.TakeAsync(fresh: false, cancellationToken);
            if (opening is not SshOpening.Opened { UploadPack: var uploadPack })
            {
                return SshPrimaryReply.NoOf(opening, askedAt);
            }

            if (uploadPack.Capabilities is not { } capabilities)
            {
                await uploadPack.CloseAsync();
                throw new PrimaryException(
                    $"{uploadPacks.Origin.Target.Host} does not speak protocol v2 over SSH (its sshd must accept GIT_PROTOCOL)"
                );
            }

            if (await ReplyAsync(uploadPack, write(capabilities), askedAt, cancellationToken) is { } reply)
            {
                return reply;
            }

            // An idle connection may turn out to be dead only now. The node sends a client's request once, and its own questions again.
            if (isNew || !isOwn)
            {
                throw new PrimaryException($"the SSH connection to {uploadPacks.Origin.Target.Host} ended early");
            }
        }
    }

    /// <summary>Null when the connection ended before the first byte of a reply.</summary>
    private async Task<SshPrimaryReply?> ReplyAsync(
        SshUploadPack uploadPack,
        ReadOnlyMemory<byte> question,
        long askedAt,
        CancellationToken cancellationToken
    )
    {
        bool kept = false;
        try
        {
            ResponseBody body = await uploadPack.AskAsync(question, cancellationToken);
            ReadResult read = await body.ReadAsync(cancellationToken);
            if (read.Buffer.IsEmpty)
            {
                return null;
            }

            if (TryReadError(read.Buffer, out string? text))
            {
                byte[] packet = read.Buffer.ToArray();
                body.AdvanceTo(read.Buffer.End);
                return SshPrimaryReply.Complained(text, packet, askedAt);
            }

            body.AdvanceTo(read.Buffer.Start);
            kept = true;
            return SshPrimaryReply.Answer(body, askedAt, isWhole => uploadPacks.GiveBackAsync(uploadPack, isWhole));
        }
        catch (IOException)
        {
            return null;
        }
        finally
        {
            if (!kept)
            {
                await uploadPack.DisposeAsync();
            }
        }
    }

    private static bool TryReadError(ReadOnlySequence<byte> buffer, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out string? text)
    {
        text = null;
        try
        {
            if (
                PktLineReader.TryRead(ref buffer, out PktLine packet)
                && packet.TryStripPrefix(Keywords.Err, out ReadOnlySequence<byte> said)
            )
            {
                text = Encoding.UTF8.GetString(said);
            }
        }
        catch (GitProtocolException)
        {
            // The reader of the body judges it.
        }

        return text is not null;
    }
}
