using Microsoft.Extensions.Primitives;

namespace Waystation.Primaries.Lfs;

/// <summary>The client for which an object is downloaded, as the primary knows it.</summary>
/// <param name="Fields">The header fields for a primary that demands them with the object; empty if the action needs none.</param>
/// <param name="WhenRefused">Called when the primary itself refuses the object with 401 or 403.</param>
public sealed record LfsLogin(IReadOnlyList<KeyValuePair<string, StringValues>> Fields, Action WhenRefused);
