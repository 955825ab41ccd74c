namespace Waystation.FetchCore.Memory;

/// <summary>Requests hold all the memory that they may, and this one cannot be handed on instead.</summary>
public sealed class RequestMemoryFullException() : Exception("too much is asked of this node at once; try again in a moment");
