using Waystation.GitProtocol.Objects;

namespace Waystation.GitProtocol.Pushing;

/// <summary>What a push does to one ref; no id on a side means no ref on that side (gitprotocol-pack, Reference Update Request).</summary>
/// <param name="Old">What the client takes the ref to be.</param>
/// <param name="New">What it shall be.</param>
/// <param name="Name">As <see cref="RefName"/> keeps it.</param>
public sealed record RefCommand(ObjectId Old, ObjectId New, string Name)
{
    /// <summary>The ref is made.</summary>
    public bool IsCreation => Old.IsZero;

    /// <summary>The ref is removed.</summary>
    public bool IsDeletion => New.IsZero;
}
