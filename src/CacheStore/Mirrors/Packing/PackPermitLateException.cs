namespace Waystation.CacheStore.Mirrors.Packing;

/// <summary>The turn of a request has not come in time.</summary>
public sealed class PackPermitLateException() : Exception("the turn to make a pack has not come in time");
