using Waystation.Farm.Announcements;
using Waystation.FetchCore.Lfs;

namespace Waystation.Farm.Lfs;

/// <summary>A permission for an LFS object as it lies in Redis.</summary>
/// <param name="GrantedAt">When the primary was asked, in milliseconds since 1970 by the clock of the node that asked.</param>
/// <param name="Position">No refusal that was announced until here has ended it.</param>
/// <param name="SourceLifetime">How long the source lives from the question on.</param>
/// <param name="Source">The source; null if it would carry the user's login.</param>
internal sealed record SharedGrant(long GrantedAt, AnnouncementPosition Position, TimeSpan SourceLifetime, LfsSourceParts? Source);
