using Waystation.GitProtocol.Objects;

namespace Waystation.FetchCore.Access.Recording;

/// <summary>A ref that an acknowledged push moved.</summary>
/// <param name="Name">The name, as <see cref="RefName"/> keeps it.</param>
/// <param name="To">The id that it points to now; null if it was deleted.</param>
public sealed record PushedRef(string Name, ObjectId? To);
