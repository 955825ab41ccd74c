namespace Waystation.FetchCore.Access.Tickets;

/// <summary>The sum of bytes in memory, kept by their owners.</summary>
internal sealed class ByteCount
{
    public long Bytes { get; set; }
}
