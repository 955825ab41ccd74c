using Waystation.CacheStore;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Access.Tickets;
using Waystation.FetchCore.Mirroring;
using Waystation.FetchCore.Primaries;

namespace Waystation.FetchCore.Refs;

/// <summary>The consequences of a listing and of a refusal.</summary>
internal static class RefFollowing
{
    /// <summary>Ends the ticket of a credential that the primary refused.</summary>
    public static void NoteRefusal(this AccessTickets tickets, RepositoryName repository, Credential credential, PrimaryReply reply)
    {
        if (reply.IsRefusal)
        {
            tickets.Refuse(repository, credential);
        }
    }

    /// <summary>
    /// Starts a sync of the mirror to a listing, in the name of its asker; null if there was no mirror before the question.
    /// </summary>
    public static Action<RefListing, int>? FollowerOf(
        this SyncOnRefChange moved,
        MirrorGeneration? moment,
        AccessTickets tickets,
        RepositoryName repository,
        Credential credential,
        IPrimary primary
    ) =>
        moment is null
            ? null
            : (listing, protocolVersion) =>
                moved.See(
                    moment,
                    new SyncRequester(
                        new AccessView([listing]),
                        primary,
                        protocolVersion,
                        reply => tickets.NoteRefusal(repository, credential, reply)
                    )
                );
}
