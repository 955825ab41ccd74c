using Waystation.GitProtocol.Objects;

namespace Waystation.GitProtocol.Pushing;

/// <summary>The change of one ref by a push; no id on a side means no ref on that side (gitprotocol-pack, Reference Update
/// Request).</summary>
/// <param name="Old">The id that the ref has, as far as the client knows.</param>
/// <param name="New">The id that the ref gets.</param>
/// <param name="Name">The ref, as <see cref="RefName"/> keeps it.</param>
public sealed record RefCommand(ObjectId Old, ObjectId New, string Name)
{
    /// <summary>The ref is made.</summary>
    public bool IsCreation => Old.IsZero;

    /// <summary>The ref is removed.</summary>
    public bool IsDeletion => New.IsZero;
}
