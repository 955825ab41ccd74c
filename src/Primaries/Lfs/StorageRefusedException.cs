namespace Waystation.Primaries.Lfs;

/// <summary>The node does not ask this host for LFS objects; <see cref="StorageHosts"/> has the rule.</summary>
/// <param name="host">The host.</param>
public sealed class StorageRefusedException(string host)
    : IOException($"the node does not ask {host} for LFS objects: it has no public address; Lfs:StorageHosts may allow it");
