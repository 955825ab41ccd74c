using System.Buffers;
using System.Collections.Concurrent;
using System.Diagnostics;
using Waystation.FetchCore.Primaries;
using Waystation.FetchCore.Primaries.Errors;
using Waystation.GitProtocol.Requests;
using Waystation.TestKit.Servers;

namespace Waystation.FetchCore.Tests.Mirrors;

/// <summary>A primary whose answers the real git makes from a repository on disk. It counts the questions, and may refuse, hang or break
/// off.</summary>
internal sealed class GitPrimary(GitClient source, TimeProvider time)
{
    private int _listings;
    private int _advertisements;
    private int _fetches;
    private int _boundaries;

    /// <summary>How often it was asked by <c>ls-refs</c>.</summary>
    public int Listings => _listings;

    /// <summary>How often it was asked for its advertisement.</summary>
    public int Advertisements => _advertisements;

    /// <summary>Packs made for requests as clients sent them.</summary>
    public int Fetches => _fetches;

    /// <summary>How often it was asked where its own history ends, by a request that brings no pack.</summary>
    public int Boundaries => _boundaries;

    /// <summary>The requests for packs that the node made itself, oldest first.</summary>
    public ConcurrentQueue<ParsedCommand.Fetch> Syncs { get; } = new();

    /// <summary>All packs that it was asked for.</summary>
    public int Packs => Fetches + Syncs.Count;

    /// <summary>Whether it refuses a user.</summary>
    public Func<string, bool> Refuses { get; set; } = static _ => false;

    /// <summary>A prefix of the refs that a user does not see; null if there is none.</summary>
    public Func<string, string?> Hides { get; set; } = static _ => null;

    /// <summary>Awaited before any pack is answered.</summary>
    public Task PackGate { get; set; } = Task.CompletedTask;

    /// <summary>Awaited before a pack of the node's own asking is answered.</summary>
    public Task SyncGate { get; set; } = Task.CompletedTask;

    /// <summary>Changes the answers that hold packs.</summary>
    public Func<byte[], byte[]> Garble { get; set; } = static answer => answer;

    /// <summary>It knows version 0 alone.</summary>
    public bool SpeaksOld { get; set; }

    /// <summary>As it is asked in one client's name.</summary>
    /// <param name="user">The client.</param>
    /// <param name="own">The client's own request; null if it has none.</param>
    public IPrimary For(string user, ParsedCommand.Fetch? own = null) => new Session(this, user, own);

    private async Task<PrimaryReply> AskAsync(string user, bool isOld, Action<IBufferWriter<byte>> write, params string[] options)
    {
        long askedAt = time.GetTimestamp();
        if (Refuses(user))
        {
            return new FakeReply([], askedAt, isRefusal: true);
        }

        var input = new ArrayBufferWriter<byte>();
        write(input);
        return new FakeReply(await AnswerAsync(user, isOld, input.WrittenMemory, options), askedAt);
    }

    private async Task<byte[]> AnswerAsync(string user, bool isOld, ReadOnlyMemory<byte> input, string[] options)
    {
        GitClient git = source.With("uploadpack.allowFilter=true");
        git = Hides(user) is { } hidden ? git.With($"uploadpack.hideRefs={hidden}") : git;
        if (!isOld)
        {
            git = git with { Variables = new Dictionary<string, string> { ["GIT_PROTOCOL"] = "version=2" } };
        }

        using Process process = git.Git(["upload-pack", "--stateless-rpc", .. options, "."]).Start();
        Task<string> said = process.StandardError.ReadToEndAsync();
        await process.StandardInput.BaseStream.WriteAsync(input);
        process.StandardInput.Close();
        using var answer = new MemoryStream();
        await process.StandardOutput.BaseStream.CopyToAsync(answer);
        await process.WaitForExitAsync();
        return process.ExitCode == 0
            ? answer.ToArray()
            : throw new PrimaryException($"upload-pack ended with {process.ExitCode}: {await said}");
    }

    private async Task<PrimaryReply> FetchAsync(string user, ParsedCommand.Fetch asked, CancellationToken cancellationToken)
    {
        await PackGate.WaitAsync(cancellationToken);
        bool isOld = asked.Framing.ProtocolVersion < 2;
        PrimaryReply reply = await AskAsync(
            user,
            isOld,
            writer =>
            {
                if (isOld)
                {
                    FetchRequestWriter.WriteV0(writer, asked.Request, asked.Framing, agent: null);
                }
                else
                {
                    FetchRequestWriter.WriteV2(writer, asked.Request, asked.Framing, agent: null, sayObjectFormat: true);
                }
            }
        );
        if (!reply.IsAnswer)
        {
            return reply;
        }

        using var body = new MemoryStream();
        await reply.Body.CopyToAsync(body, cancellationToken);
        return new FakeReply(Garble(body.ToArray()), reply.AskedAt);
    }

    private sealed class Session(GitPrimary primary, string user, ParsedCommand.Fetch? own) : IPrimary
    {
        public Task<PrimaryReply> FetchAsync(CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref primary._fetches);
            return primary.FetchAsync(user, own ?? throw new InvalidOperationException("no client asks"), cancellationToken);
        }

        public Task<PrimaryReply> AskRefsAsync(CancellationToken cancellationToken) => InfoRefsAsync(cancellationToken);

        public async Task<PrimaryReply> SyncAsync(FetchRequest request, ResponseFraming framing, CancellationToken cancellationToken)
        {
            var asked = new ParsedCommand.Fetch(request, framing);
            if (request.MayBringPack)
            {
                primary.Syncs.Enqueue(asked);
            }
            else
            {
                Interlocked.Increment(ref primary._boundaries);
            }

            await primary.SyncGate.WaitAsync(cancellationToken);
            return await primary.FetchAsync(user, asked, cancellationToken);
        }

        public Task<PrimaryReply> LsRefsAsync(LsRefsRequest request, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref primary._listings);
            return primary.SpeaksOld
                ? throw new InvalidOperationException("it was asked in version 2, which it does not know")
                : primary.AskAsync(user, isOld: false, writer => LsRefsRequestWriter.Write(writer, request, agent: null));
        }

        public Task<PrimaryReply> InfoRefsAsync(CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref primary._advertisements);
            return primary.AskAsync(
                user,
                primary.SpeaksOld || own is { Framing.ProtocolVersion: < 2 },
                static _ => { },
                "--http-backend-info-refs"
            );
        }
    }
}
