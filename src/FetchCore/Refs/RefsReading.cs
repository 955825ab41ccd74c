using System.IO.Pipelines;
using Waystation.CacheStore;
using Waystation.CacheStore.Streams;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Access.Tickets;
using Waystation.FetchCore.Primaries;
using Waystation.GitProtocol.Advertisements;
using Waystation.GitProtocol.Requests;

namespace Waystation.FetchCore.Refs;

/// <summary>
/// Reads one reply about refs while it passes, and records it as soon as it is whole, before the client can act on it. It reads all replies
/// about refs, for both front ends, all versions and every credential.
/// <code>
///   ls-refs                  ► a listing of the refs that were asked for
///   advertisement, v0 or v1  ► a listing of all refs
///   advertisement, v2        ► the capabilities: this credential may read
///   refusal                  ► ends the ticket of this credential
/// </code>
/// </summary>
public sealed class RefsReading
{
    private readonly AccessTickets _tickets;
    private readonly RepositoryName _repository;
    private readonly Credential _credential;
    private readonly RefsReader? _reader;
    private readonly Action<RefListing, int>? _follow;
    private readonly long _askedAt;
    private readonly bool _makesTicket = true;
    private bool _isRecorded;

    /// <param name="tickets">Gets the record.</param>
    /// <param name="repository">The repository.</param>
    /// <param name="credential">The credential that asked.</param>
    /// <param name="asked">The <c>ls-refs</c>; null for the advertisement.</param>
    /// <param name="reply">The reply, whose body was not read yet.</param>
    /// <param name="follow">Gets a listing and its protocol version, if a mirror may follow it; may be null.</param>
    /// <param name="makesTicket">Whether a listing is recorded as an access ticket.</param>
    public RefsReading(
        AccessTickets tickets,
        RepositoryName repository,
        Credential credential,
        LsRefsRequest? asked,
        PrimaryReply reply,
        Action<RefListing, int>? follow = null,
        bool makesTicket = true
    )
        : this(tickets, repository, credential, asked, reply.AskedAt, follow, isAnswer: reply.IsAnswer)
    {
        _makesTicket = makesTicket;
        if (reply.IsRefusal)
        {
            tickets.Refuse(repository, credential);
            if (reply.DemandsLogin && credential.IsAnonymous)
            {
                tickets.NoteLoginDemanded(repository);
            }
        }
    }

    /// <summary>Reads an advertisement without a reply: the beginning of a conversation.</summary>
    /// <param name="tickets">Gets the record.</param>
    /// <param name="repository">The repository.</param>
    /// <param name="credential">The credential that asked.</param>
    /// <param name="askedAt">The time of the question, as <see cref="AccessTickets.Now"/>.</param>
    /// <param name="follow">Gets a listing and its protocol version, if a mirror may follow it; may be null.</param>
    public RefsReading(
        AccessTickets tickets,
        RepositoryName repository,
        Credential credential,
        long askedAt,
        Action<RefListing, int>? follow
    )
        : this(tickets, repository, credential, asked: null, askedAt, follow, isAnswer: true) { }

    private RefsReading(
        AccessTickets tickets,
        RepositoryName repository,
        Credential credential,
        LsRefsRequest? asked,
        long askedAt,
        Action<RefListing, int>? follow,
        bool isAnswer
    )
    {
        (_tickets, _repository, _credential, _askedAt, _follow) = (tickets, repository, credential, askedAt, follow);
        _reader = isAnswer ? new RefsReader(asked, tickets.LargestListing(repository)) : null;
    }

    /// <summary>The listing; null before all of it has passed, and if the reply has none.</summary>
    public RefListing? Listing { get; private set; }

    /// <summary>The v2 capability advertisement; null before all of it has passed, and if the reply has none.</summary>
    public CapabilityAdvertisement? Capabilities { get; private set; }

    /// <summary>Whether there is nothing more to read: all has passed, or it cannot be read.</summary>
    public bool IsOver => _reader is null or { IsOver: true };

    /// <summary>Shows the next bytes.</summary>
    public void Read(ReadOnlySpan<byte> bytes)
    {
        if (_isRecorded || _reader is not { } reader)
        {
            return;
        }

        reader.Read(bytes);
        if (reader.IsComplete)
        {
            _isRecorded = true;
            Record(reader);
        }
    }

    /// <summary>
    /// The reply has ended. If it could not be read, earlier answers to this client no longer count, because the repository may have been
    /// replaced.
    /// </summary>
    public void End()
    {
        if (_reader is { IsComplete: false })
        {
            _tickets.Refuse(_repository, _credential);
        }
    }

    /// <summary>Reads the reply to its last ref.</summary>
    /// <returns>Whether it was whole.</returns>
    public async Task<bool> ReadToEndAsync(PipeReader body, CancellationToken cancellationToken)
    {
        await body.ReadToEndAsync(Read, cancellationToken, () => IsOver);
        return _reader is { IsComplete: true };
    }

    private void Record(RefsReader reader)
    {
        if (reader.Capabilities is { } capabilities)
        {
            Capabilities = capabilities;
            _tickets.Accept(_repository, _credential, capabilities, _askedAt);
        }
        else if (reader.Listing is { } listing)
        {
            Show(listing, reader.Version);
        }
    }

    private void Show(RefListing listing, int protocolVersion)
    {
        Listing = listing;
        if (_makesTicket)
        {
            _tickets.RecordRefs(_repository, _credential, listing, _askedAt);
        }

        if (listing.IsOfShallow != true)
        {
            _follow?.Invoke(listing, protocolVersion);
        }
    }
}
