namespace Waystation.Proxy.Admin;

/// <summary>A node at a glance.</summary>
/// <param name="Version">The program's version.</param>
/// <param name="Started">The time of its start.</param>
/// <param name="Mirrors">Mirrors that it keeps.</param>
/// <param name="MirrorBytes">Their bytes.</param>
/// <param name="Packs">Cached packs that it keeps.</param>
/// <param name="PackBytes">Their bytes.</param>
internal sealed record NodeStatus(string Version, DateTimeOffset Started, int Mirrors, long MirrorBytes, int Packs, long PackBytes);
