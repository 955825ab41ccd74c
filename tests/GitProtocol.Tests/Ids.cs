using Waystation.GitProtocol.Objects;

namespace Waystation.GitProtocol.Tests;

/// <summary>Object ids that tests can write in attributes.</summary>
internal static class Ids
{
    public const string A = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    public const string B = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
    public const string C = "cccccccccccccccccccccccccccccccccccccccc";
    public const string D = "0123456789abcdef0123456789abcdef01234567";
    public const string Zero = "0000000000000000000000000000000000000000";
    public const string A256 = A + "aaaaaaaaaaaaaaaaaaaaaaaa";
    public const string B256 = B + "bbbbbbbbbbbbbbbbbbbbbbbb";

    public static IReadOnlyList<ObjectId> Of(params string[] hex) => [.. hex.Select(ObjectId.Parse)];
}
