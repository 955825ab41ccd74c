using Waystation.GitProtocol.Requests;

namespace Waystation.FetchCore.Memory;

/// <summary>What requests cost in memory, for <see cref="RequestMemory"/>: measured, and rounded up.</summary>
public static class RequestCost
{
    /// <summary>Of an id in a parsed request: 40 bytes in its list, and up to twice as many in the set and the growing list that it came
    /// by.</summary>
    public const long ParsedId = 128;

    /// <summary>
    /// Bytes for an id during authorisation: in the sort for the key, in the sets of usable ids, and in the input of git.
    /// </summary>
    private const long SettledId = 256;

    /// <summary>Of a byte of a body while it is parsed: an id is a line of 50 bytes.</summary>
    public const int ParsedByte = 3;

    /// <summary>Of a parsed request, as long as it is known.</summary>
    public static long Parsed(FetchRequest request) => Ids(request) * ParsedId;

    /// <summary>Bytes for a request until its response begins.</summary>
    public static long Settled(FetchRequest request) => Ids(request) * SettledId;

    private static long Ids(FetchRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return (long)request.Wants.Count + request.Haves.Count + request.Shallows.Count;
    }
}
