using Waystation.GitProtocol.Objects;

namespace Waystation.GitProtocol.Advertisements;

/// <summary>
/// A ref as a primary showed it: names as <see cref="RefName"/> keeps them, <paramref name="Peeled"/> for annotated tags
/// when peeling was asked for. An unborn HEAD is not a tip.
/// </summary>
public sealed record RefTip(string Name, ObjectId Id, ObjectId? Peeled, string? SymrefTarget)
{
    /// <summary>Whether include-tag applies to it.</summary>
    public bool IsAnnotatedTag => Peeled is not null && Name.StartsWith("refs/tags/", StringComparison.Ordinal);
}
