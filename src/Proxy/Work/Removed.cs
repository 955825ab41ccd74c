namespace Waystation.Proxy.Work;

/// <summary>The removed data of one repository.</summary>
/// <param name="Repo">The repository, <c>host/path</c>.</param>
/// <param name="Mirror">Whether there was a mirror.</param>
/// <param name="MirrorBytes">The bytes of the mirror.</param>
/// <param name="Packs">The number of cached packs.</param>
/// <param name="PackBytes">The bytes of these packs.</param>
/// <param name="LfsObjects">The number of Git LFS objects that no other repository referred to.</param>
/// <param name="LfsBytes">The bytes of these objects.</param>
/// <param name="Records">The number of records of fetches.</param>
internal sealed record Removed(
    string Repo,
    bool Mirror,
    long MirrorBytes,
    int Packs,
    long PackBytes,
    int LfsObjects,
    long LfsBytes,
    int Records
);
