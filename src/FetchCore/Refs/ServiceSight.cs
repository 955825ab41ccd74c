using Waystation.FetchCore.Mirroring;
using Waystation.GitProtocol.Objects;

namespace Waystation.FetchCore.Refs;

/// <summary>The result of a look with the service credential.</summary>
/// <param name="Asker">The requester in whose name a mirror is synced.</param>
/// <param name="Format">The repository's object format.</param>
/// <param name="Digest">The digest of the listing, as the primary wrote it.</param>
/// <param name="SpeaksV2">Whether the primary speaks protocol v2.</param>
internal sealed record ServiceSight(SyncRequester Asker, ObjectFormat Format, byte[] Digest, bool SpeaksV2);
