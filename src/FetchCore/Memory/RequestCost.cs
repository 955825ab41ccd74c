using Waystation.GitProtocol.Requests;

namespace Waystation.FetchCore.Memory;

/// <summary>The memory that requests need, for <see cref="RequestMemory"/>: measured, and rounded up.</summary>
public static class RequestCost
{
    /// <summary>Bytes for an id in a parsed request: 40 in its list, and up to twice as many in the set that collects it.</summary>
    public const long ParsedId = 128;

    /// <summary>
    /// Bytes for an id during authorisation: in the sort for the key, in the sets of usable ids, and in the input of git.
    /// </summary>
    private const long SettledId = 256;

    /// <summary>Bytes for each byte of a body while it is parsed: an id is a line of 50 bytes.</summary>
    public const int ParsedByte = 3;

    /// <summary>Bytes for a parsed request, as long as it lives.</summary>
    public static long Parsed(FetchRequest request) => Ids(request) * ParsedId;

    /// <summary>Bytes for a request until its response begins.</summary>
    public static long Settled(FetchRequest request) => Ids(request) * SettledId;

    private static long Ids(FetchRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return (long)request.Wants.Count + request.Haves.Count + request.Shallows.Count;
    }
}
