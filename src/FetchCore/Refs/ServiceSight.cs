using Waystation.FetchCore.Mirroring;
using Waystation.GitProtocol.Objects;

namespace Waystation.FetchCore.Refs;

/// <summary>What a look with the service credential found.</summary>
/// <param name="Asker">In whose name a mirror is brought to it.</param>
/// <param name="Format">The repository's object format.</param>
/// <param name="Digest">Of the listing, as the primary wrote it.</param>
/// <param name="SpeaksV2">The primary speaks protocol v2.</param>
internal sealed record ServiceSight(SyncRequester Asker, ObjectFormat Format, byte[] Digest, bool SpeaksV2);
