using Waystation.GitProtocol.Objects;

namespace Waystation.FetchCore.Access.Recording;

/// <summary>A ref that an acknowledged push moved.</summary>
/// <param name="Name">As <see cref="RefName"/> keeps names.</param>
/// <param name="To">Where it points now; null where it was deleted.</param>
public sealed record PushedRef(string Name, ObjectId? To);
