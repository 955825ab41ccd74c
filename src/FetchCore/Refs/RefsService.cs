using Waystation.CacheStore;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Access.Tickets;
using Waystation.FetchCore.Flights;
using Waystation.FetchCore.Mirroring;
using Waystation.FetchCore.Primaries;
using Waystation.FetchCore.Primaries.Errors;
using Waystation.GitProtocol.Requests;

namespace Waystation.FetchCore.Refs;

/// <summary>
/// The one core for refs, as there is one for packs. Only the primary knows the refs, so it is asked on every question:
/// <code>
///   1 coalesce   equal questions of one credential share one, which is sent after each of them came
///   2 ask        with the client's own credential, through the gate of the primary
///   3 read       while the answer streams: refs are recorded as an access ticket, a refusal ends one
///   4 follow     a ref that moved starts a sync of the mirror
///   5 outage     the record of this credential answers, if it covers the question
/// </code>
/// </summary>
/// <param name="coalescer">Shares questions of clients.</param>
/// <param name="outage">Answers in an outage.</param>
/// <param name="tickets">The records.</param>
/// <param name="moved">Brings mirrors to refs that moved.</param>
/// <param name="time">The clock.</param>
/// <param name="stopping">Cancelled when the node stops.</param>
public sealed class RefsService(
    RefsCoalescer coalescer,
    OutageRefs outage,
    AccessTickets tickets,
    SyncOnRefChange moved,
    TimeProvider time,
    CancellationToken stopping
)
{
    private const string AllTags = "refs/tags/";

    /// <summary>The node's own questions, which clients of one credential share.</summary>
    private readonly NextFlight<(RepositoryName, Credential, RefsQueryKind), AccessView?> _own = new(time);

    /// <summary>Answers a client's question for refs.</summary>
    /// <param name="query">The question.</param>
    /// <param name="cancellationToken">The client's token.</param>
    /// <exception cref="PrimaryOutageException">An outage, and no record covers the question.</exception>
    /// <exception cref="PrimaryBusyException">This credential must come again later.</exception>
    /// <exception cref="PrimaryException">The primary could not be asked.</exception>
    public async Task<RefsAnswer> AskAsync(RefsQuery query, CancellationToken cancellationToken)
    {
        try
        {
            return await coalescer.AskAsync(query.Key, new RefsTap(query, tickets, moved), cancellationToken);
        }
        catch (IOException e) when (!cancellationToken.IsCancellationRequested && IsOutage(query, e))
        {
            if (await outage.FindAsync(query, cancellationToken) is { } recorded)
            {
                return recorded;
            }

            throw;
        }
    }

    /// <summary>
    /// The answer of the record, for a front end that met the outage itself; null if no record covers the question.
    /// </summary>
    public ValueTask<RefsAnswer.Recorded?> FindRecordedAsync(RefsQuery query, CancellationToken cancellationToken) =>
        outage.FindAsync(query, cancellationToken);

    /// <summary>Whether a failure belongs to an outage, in which a record may answer.</summary>
    public static bool IsOutage(RefsQuery query, Exception failure) =>
        failure is PrimaryOutageException || (failure is not PrimaryBusyException && query.Primary.IsOut);

    /// <summary>Call it before a conversation that begins with refs; the result reads them as they pass.</summary>
    /// <returns>Makes the reading, once the credential is known.</returns>
    public Func<Credential, IPrimary, RefsReading> BeginReading(RepositoryName repository)
    {
        long askedAt = tickets.Now;
        MirrorGeneration? moment = moved.Begin(repository);
        return (credential, primary) =>
            new RefsReading(tickets, repository, credential, askedAt, moved.FollowerOf(moment, tickets, repository, credential, primary));
    }

    /// <summary>
    /// Asks the primary for refs that a response depends on: the node's own question, in a client's name. The question is sent after this
    /// call. Null if the primary gives no answer.
    /// </summary>
    /// <param name="asker">The name in which to ask.</param>
    /// <param name="question">The question.</param>
    /// <param name="cancellationToken">The client's token. The question itself goes on for others that share it.</param>
    /// <exception cref="PrimaryException">The primary could not be asked.</exception>
    internal Task<AccessView?> LookAsync(RefsAsker asker, RefsQueryKind question, CancellationToken cancellationToken) =>
        _own.AskAsync(
            (asker.Repository, asker.Credential, question),
            () =>
                question switch
                {
                    RefsQueryKind.AllRefs => AskRefsAsync(asker, LsRefsRequest.All(asker.Format)),
                    RefsQueryKind.Tags => AskTagsAsync(asker),
                    _ => AskAdvertisementAsync(asker),
                },
            cancellationToken
        );

    /// <summary>Ends the ticket of a credential that the primary refused.</summary>
    public void NoteRefusal(RepositoryName repository, Credential credential, PrimaryReply reply) =>
        tickets.NoteRefusal(repository, credential, reply);

    /// <summary>
    /// Reads the primary's reply to a question for the advertisement, and records it like any other. Null if it is no listing of all refs.
    /// </summary>
    /// <param name="repository">The repository.</param>
    /// <param name="credential">The credential that asked.</param>
    /// <param name="reply">The reply, whose body was not read yet. A refusal is left unread.</param>
    /// <param name="cancellationToken">The client's token.</param>
    /// <exception cref="IOException">The reply broke off.</exception>
    public async Task<RefListing?> ReadListingAsync(
        RepositoryName repository,
        Credential credential,
        PrimaryReply reply,
        CancellationToken cancellationToken
    )
    {
        ArgumentNullException.ThrowIfNull(reply);
        var reading = new RefsReading(tickets, repository, credential, asked: null, reply);
        return await reading.ReadToEndAsync(reply.Body, cancellationToken) ? reading.Listing : null;
    }

    private async Task<AccessView?> AskAdvertisementAsync(RefsAsker asker)
    {
        await using PrimaryReply reply = await asker.Primary.InfoRefsAsync(stopping);
        var reading = new RefsReading(tickets, asker.Repository, asker.Credential, asked: null, reply);
        if (!await reading.ReadToEndAsync(reply.Body, stopping))
        {
            return null;
        }

        return reading.Listing is { } listing ? new AccessView([listing])
            : asker.ProtocolVersion == 2 ? new AccessView([])
            : null;
    }

    private async Task<AccessView?> AskRefsAsync(RefsAsker asker, LsRefsRequest question, bool makesTicket = true)
    {
        await using PrimaryReply reply = await asker.Primary.LsRefsAsync(question, stopping);
        var reading = new RefsReading(tickets, asker.Repository, asker.Credential, question, reply, makesTicket: makesTicket);
        return await reading.ReadToEndAsync(reply.Body, stopping) && reading.Listing is { } listing ? new AccessView([listing]) : null;
    }

    /// <summary>No ticket is made of it, because a listing that shows all refs at once is worth more.</summary>
    private Task<AccessView?> AskTagsAsync(RefsAsker asker) =>
        AskRefsAsync(
            asker,
            new LsRefsRequest
            {
                ObjectFormat = asker.Format,
                Peel = true,
                RefPrefixes = [AllTags],
            },
            makesTicket: false
        );
}
