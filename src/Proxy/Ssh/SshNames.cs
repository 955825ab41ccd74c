using Waystation.CacheStore;
using Waystation.FetchCore.Access;
using Waystation.Proxy.Primaries;
using Waystation.SshFrontend.Sessions;

namespace Waystation.Proxy.Ssh;

/// <summary>What repositories of a primary are called that clients name over SSH.</summary>
internal sealed class SshNames(Primary primary) : IRepositoryNames
{
    public VisibilityRule Visibility => primary.Visibility;

    public string? HttpPathOf(string path) => primary.PathOverHttp(path) ?? Plain(path);

    /// <summary>What HTTP has no path for is kept apart from all that it has.</summary>
    public RepositoryName NameOf(string path) =>
        primary.PathOverHttp(path) is { } same ? primary.NameOf(same) : new RepositoryName(primary.SshOnlyHost, path);

    public bool Selects(string path) => primary.Selects(primary.PathOverHttp(path) ?? path.TrimStart('/'));

    /// <summary>The path without the segments that name no other folder, coded; null where it climbs.</summary>
    private static string? Plain(string path)
    {
        string plain = string.Join('/', path.Split('/').Where(static part => part is not ("" or ".")).Select(Uri.EscapeDataString));
        return RepositoryPath.IsWellFormed(plain) ? plain : null;
    }
}
