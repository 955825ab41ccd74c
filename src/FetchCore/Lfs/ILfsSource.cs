using Waystation.CacheStore.Lfs;

namespace Waystation.FetchCore.Lfs;

/// <summary>The place from which one user may download one object, with everything that the request there needs.</summary>
public interface ILfsSource
{
    /// <summary>Bytes that it takes in memory, about.</summary>
    int Bytes { get; }

    /// <summary>Its parts, with which another node can download; null if it needs a login of the user, which stays here.</summary>
    LfsSourceParts? Parts { get; }

    /// <summary>Downloads the object, or says why there is none.</summary>
    Task FillAsync(ILfsSink sink);
}
