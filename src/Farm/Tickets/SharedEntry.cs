using Waystation.Farm.Announcements;
using Waystation.FetchCore.Access.Tickets;

namespace Waystation.Farm.Tickets;

/// <summary>An answer of the primary as it lies in Redis.</summary>
/// <param name="Answer">The answer. Its age is not part of it.</param>
/// <param name="AskedAt">The time of the question, in milliseconds since 1970 by the clock of the node that asked.</param>
/// <param name="Position">No refusal that was announced until here has ended the answer.</param>
internal sealed record SharedEntry(ExchangedAnswer Answer, long AskedAt, AnnouncementPosition Position);
