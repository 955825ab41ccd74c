namespace Waystation.GitProtocol;

/// <summary>The protocol version that a client asks for, in <c>GIT_PROTOCOL</c> or <c>Git-Protocol</c> (gitprotocol-v2, Initial Client
/// Request).</summary>
public static class ProtocolVersion
{
    /// <summary>How a client asks for version 1.</summary>
    public const string One = "version=1";

    /// <summary>How a client asks for version 2.</summary>
    public const string Two = "version=2";

    /// <summary>How a client asks for this version; null for 0, for which it says nothing.</summary>
    public static string? ToText(int version) =>
        version switch
        {
            0 => null,
            1 => One,
            2 => Two,
            _ => throw new ArgumentOutOfRangeException(nameof(version), version, "There is no such version."),
        };

    /// <summary>
    /// The highest version that <c>key=value:key=value…</c> names, parsed as git parses it: only exactly <c>version=1</c> and
    /// <c>version=2</c> count. Other words, such as <c>version=02</c> and <c>version=3</c>, are ignored. Without a version it is 0.
    /// </summary>
    public static int Of(string? said)
    {
        int highest = 0;
        foreach (string part in (said ?? "").Split(':'))
        {
            int version = part switch
            {
                One => 1,
                Two => 2,
                _ => 0,
            };
            highest = Math.Max(highest, version);
        }
        return highest;
    }
}
