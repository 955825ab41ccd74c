using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.Requests;

namespace Waystation.GitProtocol.Responses;

/// <summary>
/// The part of a response before the pack, in any protocol version. The cache keeps it in the form that
/// <see cref="FetchResponseWriter.WritePrologueV2"/> writes and <see cref="FetchResponseReader.TryReadPrologue"/> reads.
/// </summary>
public sealed record FetchPrologue
{
    /// <summary>An empty prologue: the response to a clone.</summary>
    public static readonly FetchPrologue Empty = new();

    /// <summary>Whether there is an acknowledgments section; never in the response to a v2 request with done.</summary>
    public bool HasAcknowledgments { get; init; }

    /// <summary>The haves that the server has too.</summary>
    public IReadOnlyList<ObjectId> Acks
    {
        get;
        init => field = ValueList<ObjectId>.From(value);
    } = ValueList<ObjectId>.Empty;

    /// <summary>The server knows enough to make the pack.</summary>
    public bool Ready { get; init; }

    /// <summary>Whether there is a shallow-info section, perhaps empty.</summary>
    public bool HasShallowInfo { get; init; }

    /// <summary>The commits whose parents the client will lack.</summary>
    public IReadOnlyList<ObjectId> Shallow
    {
        get;
        init => field = ValueList<ObjectId>.From(value);
    } = ValueList<ObjectId>.Empty;

    /// <summary>The commits that leave the client's boundary.</summary>
    public IReadOnlyList<ObjectId> Unshallow
    {
        get;
        init => field = ValueList<ObjectId>.From(value);
    } = ValueList<ObjectId>.Empty;

    /// <summary>
    /// Whether a pack that came with the other prologue can follow this one. The boundary must be the same. Acknowledgments may differ:
    /// they say which haves the server has too, and the client has all of its haves, whichever of them a server made its pack for.
    /// </summary>
    /// <param name="other">The prologue of another response to the same request; both are followed by a pack.</param>
    public bool FitsPackOf(FetchPrologue other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return (HasShallowInfo, Shallow, Unshallow).Equals((other.HasShallowInfo, other.Shallow, other.Unshallow));
    }

    /// <summary>
    /// The same prologue in the form that serves equal requests of every version: v0 and v1 acknowledge haves also after done, v2 does
    /// not, and no client needs it.
    /// </summary>
    /// <param name="request">The request, of any version.</param>
    public FetchPrologue ForAnyVersion(FetchRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return request.IsDone ? this with { HasAcknowledgments = false, Acks = [], Ready = false } : this;
    }
}
