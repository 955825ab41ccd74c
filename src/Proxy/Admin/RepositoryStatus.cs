namespace Waystation.Proxy.Admin;

/// <summary>The mirror of one repository.</summary>
/// <param name="Repo"><c>host/path</c>.</param>
/// <param name="ObjectFormat"><c>sha1</c> or <c>sha256</c>.</param>
/// <param name="MirrorBytes">Bytes of the mirror's packs.</param>
/// <param name="Refs">Refs of the mirror.</param>
/// <param name="HoldsOrphans">Whether it may have objects that no ref leads to.</param>
/// <param name="LastUsed">The time of the last response that was made from it.</param>
internal sealed record RepositoryStatus(string Repo, string ObjectFormat, long MirrorBytes, int Refs, bool HoldsOrphans, DateTime LastUsed);
