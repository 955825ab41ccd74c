namespace Waystation.FetchCore.Memory;

/// <summary>All requests together hold as much memory as they may, and this request cannot be forwarded instead.</summary>
public sealed class RequestMemoryFullException() : Exception("too much is asked of this node at once; try again in a moment");
