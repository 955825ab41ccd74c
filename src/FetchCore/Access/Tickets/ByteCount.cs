namespace Waystation.FetchCore.Access.Tickets;

/// <summary>Bytes in memory, summed up by those who hold them.</summary>
internal sealed class ByteCount
{
    public long Bytes { get; set; }
}
