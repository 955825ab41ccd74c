namespace Waystation.CacheStore.Mirrors.Packing;

/// <summary>The client for whose fetch a pack is made.</summary>
/// <param name="Credential">Its credential: packs of equal credentials take turns with those of others.</param>
/// <param name="IsStranger">Whether only strangers want the pack, asked whenever a turn is free: a known client may want it too by
/// then.</param>
public sealed record PackRequester(object Credential, Func<bool> IsStranger);
