using Waystation.GitProtocol.Objects;

namespace Waystation.CacheStore.Mirrors.Reading;

/// <summary>Where an <see cref="ObjectReader"/> looks for objects.</summary>
/// <param name="Repository">The bare repository.</param>
/// <param name="Besides">A further object folder; null if there is none.</param>
/// <param name="Format">The object format of the repository.</param>
internal sealed record ObjectSource(string Repository, string? Besides, ObjectFormat Format);
