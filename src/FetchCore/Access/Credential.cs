using Waystation.GitProtocol.Objects;

namespace Waystation.FetchCore.Access;

/// <summary>
/// Who asks, as far as we need to know: a keyed digest of everything in the request that may identify. Two requests with
/// equal credentials are the same to the primary; the digest leads back to neither.
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

    /// <summary>For the log: enough to tell two credentials apart, too little to search for.</summary>
    public override string ToString() => IsAnonymous ? "anonymous" : _digest.ToString()[..8];
}
