using System.Buffers;
using System.IO.Pipelines;
using Waystation.CacheStore;
using Waystation.CacheStore.Streams;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Access.Tickets;
using Waystation.FetchCore.Primaries;
using Waystation.FetchCore.Primaries.Errors;
using Waystation.FetchCore.Refs;
using Waystation.GitProtocol;
using Waystation.GitProtocol.Advertisements;
using Waystation.GitProtocol.PktLines;
using Waystation.Primaries.Http;
using Waystation.SshFrontend.Channels;

namespace Waystation.SshFrontend.Upstreams;

/// <summary>The primary's upload-pack over HTTP, in the name of a login (gitprotocol-http).</summary>
internal sealed class HttpUpstream(HttpRepository http, RepositoryName repository, int version, RefsService refs, AccessTickets tickets)
    : IUpstream
{
    private HttpV0Upstream? _old;

    public Credential Credential => http.Credential;

    public CapabilityAdvertisement? Capabilities { get; private set; }

    public IV0Upstream? Old => _old;

    public async Task<SessionEnd?> OpenAsync(CancellationToken cancellationToken)
    {
        if (version >= 2 && await tickets.FindCapabilitiesAsync(repository, Credential, cancellationToken) is { } known)
        {
            Capabilities = known;
            return null;
        }

        RefsAnswer answer = await refs.AskAsync(
            new RefsQuery
            {
                Key = new RefsKey(repository, Credential, $"ssh advertisement {version}"),
                Primary = http.Asking(ProtocolVersion.ToText(version), default),
                ProtocolVersion = version,
            },
            cancellationToken
        );
        bool kept = false;
        try
        {
            if (answer is RefsAnswer.Streamed { Reply: { IsAnswer: false } reply })
            {
                return Explain(reply);
            }

            int spoken = await ReadStartAsync(answer.Body, cancellationToken);
            if (spoken < 2)
            {
                _old = new HttpV0Upstream(http, answer, spoken, ExplainRound);
                kept = true;
                return null;
            }

            var reader = new InfoRefsReader();
            await answer.Body.ReadToEndAsync(reader.Read, cancellationToken);
            Capabilities = reader.Capabilities;
            return Capabilities is null ? SessionEnd.Saying("the primary's capabilities cannot be read") : null;
        }
        finally
        {
            if (!kept)
            {
                answer.Dispose();
            }
        }
    }

    public IPrimary Asking(ReadOnlyMemory<byte> command) => http.Asking(ProtocolVersion.ToText(2), command);

    public SessionEnd Explain(PrimaryReply reply) =>
        reply.Complaint is { } text
            ? SessionEnd.Complaining(text)
            : new(reply.IsRefusal ? 1 : SessionEnd.Died, $"waystation: {http.Explain(reply)}\n");

    private SessionEnd ExplainRound(PrimaryReply reply)
    {
        refs.NoteRefusal(repository, Credential, reply);
        return Explain(reply);
    }

    public ValueTask DisposeAsync()
    {
        _old?.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>Skips HTTP's service line and returns the version of the advertisement after it, which it does not consume.</summary>
    private static async Task<int> ReadStartAsync(PipeReader body, CancellationToken cancellationToken)
    {
        while (true)
        {
            ReadResult read = await body.ReadAsync(cancellationToken);
            ReadOnlySequence<byte> rest = read.Buffer;
            SequencePosition start = rest.Start;
            try
            {
                if (PktLineReader.TryRead(ref rest, out PktLine first))
                {
                    bool isWhole = true;
                    if (first.TryStripPrefix(Keywords.ServiceIs, out _) && (isWhole = PktLineReader.TryRead(ref rest, out _)))
                    {
                        start = rest.Start;
                        isWhole = PktLineReader.TryRead(ref rest, out first);
                    }

                    if (isWhole)
                    {
                        body.AdvanceTo(start);
                        return first.TextIs(Keywords.Version2) ? 2
                            : first.TextIs(Keywords.Version1) ? 1
                            : 0;
                    }
                }
            }
            catch (GitProtocolException e)
            {
                throw new PrimaryException($"the primary does not speak Git here: {e.Message}", e);
            }

            body.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            if (read.IsCompleted)
            {
                throw new PrimaryException("the primary's response ended early");
            }
        }
    }
}
