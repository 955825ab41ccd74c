using System.Buffers;
using Microsoft.Extensions.Logging;
using Waystation.FetchCore.Access.Recording;
using Waystation.FetchCore.Access.Tickets;
using Waystation.FetchCore.Observing;
using Waystation.GitProtocol.Advertisements;
using Waystation.GitProtocol.Requests;

namespace Waystation.FetchCore.Refs;

/// <summary>
/// Answers questions for refs in an outage: from the newest recorded listing of the same credential that covers the question, corrected by
/// newer partial ones. If a ref stays unknown, there is no answer.
/// </summary>
/// <param name="tickets">The records.</param>
/// <param name="meters">Counts the answers.</param>
/// <param name="logger">The log.</param>
public sealed class OutageRefs(AccessTickets tickets, FetchMeters meters, ILogger<OutageRefs> logger)
{
    /// <summary>The answer; null if no record covers the question.</summary>
    public async ValueTask<RefsAnswer.Recorded?> FindAsync(RefsQuery query, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(query);
        await tickets.RecallAsync(query.Repository, query.Credential, AnswerKinds.All, cancellationToken);
        if (tickets.FindRecorded(query.Repository, query.Credential) is not { } recorded)
        {
            return null;
        }

        var body = new ArrayBufferWriter<byte>();
        int? advertises = null;
        TimeSpan? written = query.LsRefs is { } asked
            ? WriteListing(body, recorded, asked)
            : WriteAdvertisement(body, recorded, query.ProtocolVersion, out advertises);
        if (written is not { } age)
        {
            return null;
        }

        meters.AnsweredStale("refs");
        logger.RefsRecorded(query.Repository, age, query.Credential);
        return new RefsAnswer.Recorded(body.WrittenMemory, age, advertises);
    }

    /// <summary>The age of the listing; null if nothing was written.</summary>
    private static TimeSpan? WriteListing(ArrayBufferWriter<byte> body, RecordedAccess recorded, LsRefsRequest asked)
    {
        RecordedListing? answer = recorded.Answer(asked);
        if (answer is not null)
        {
            LsRefsResponseWriter.Write(body, answer.Listing.Tips, answer.Listing.UnbornHeadTarget);
        }

        return answer?.Age;
    }

    /// <inheritdoc cref="WriteListing" path="/summary"/>
    private static TimeSpan? WriteAdvertisement(ArrayBufferWriter<byte> body, RecordedAccess recorded, int? version, out int? advertises)
    {
        advertises = null;
        if (version == 2 && recorded.Capabilities is { } capabilities)
        {
            advertises = 2;
            body.Write(capabilities.Bytes.Span);
            return recorded.Age ?? TimeSpan.Zero;
        }

        // A primary without v2 answers with v0.
        if (
            version is null
            || recorded.Advertisement(version == 2 ? 0 : version.Value) is not { Listing: { Older: { } older } listing } shown
        )
        {
            return null;
        }

        advertises = older.Version;
        InfoRefsWriter.Write(body, older.Version, listing.Tips, older.Capabilities, older.Shallows, listing.Asked.ObjectFormat);
        return shown.Age;
    }
}
