namespace Waystation.FetchCore.Lfs;

/// <summary>A source as the primary named it. It has no login of a user.</summary>
/// <param name="Href">The URL.</param>
/// <param name="Header">The header fields that the request must have.</param>
public sealed record LfsSourceParts(string Href, IReadOnlyList<KeyValuePair<string, string>> Header);
