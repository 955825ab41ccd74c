using System.Buffers;
using Waystation.GitProtocol.Objects;

namespace Waystation.FetchCore.Access;

/// <summary>
/// The identity of an asker: a keyed digest of everything in the request that may identify the client. To the primary, two requests with
/// equal credentials are the same. The digest does not lead back to its parts.
/// </summary>
public readonly record struct Credential
{
    private readonly ObjectId _digest;

    internal Credential(ObjectId digest, bool isAnonymous)
    {
        _digest = digest;
        IsAnonymous = isAnonymous;
    }

    /// <summary>Whether the request has nothing that identifies a client.</summary>
    public bool IsAnonymous { get; }

    /// <summary>Stands for all credentials with, or all without, a login. No credential is equal to it.</summary>
    internal static Credential AllOf(bool isAnonymous) => new(default, isAnonymous);

    /// <summary>
    /// The whole digest as a word, for a URL that the node signs and for other nodes; <see cref="TryParseToken"/> reads it.
    /// </summary>
    public string ToToken() => IsAnonymous ? "anonymous-" + _digest : _digest.ToString();

    /// <summary>Reads the word of <see cref="ToToken"/>. It grants nothing by itself: the reader must know who wrote it.</summary>
    public static bool TryParseToken(ReadOnlySpan<char> token, out Credential credential)
    {
        bool isAnonymous = token.StartsWith("anonymous-", StringComparison.Ordinal);
        ReadOnlySpan<char> hex = isAnonymous ? token["anonymous-".Length..] : token;
        Span<byte> digest = stackalloc byte[32];
        if (hex.Length != 64 || Convert.FromHexString(hex, digest, out _, out _) != OperationStatus.Done)
        {
            credential = default;
            return false;
        }

        credential = new Credential(ObjectId.FromRaw(digest), isAnonymous);
        return true;
    }

    /// <summary>The text for the log. It tells two credentials apart, and is too short to be searched for.</summary>
    public override string ToString() => IsAnonymous ? "anonymous" : _digest.ToString()[..8];
}
