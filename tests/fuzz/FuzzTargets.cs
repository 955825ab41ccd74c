using Waystation.Fuzz.Farm;
using Waystation.Fuzz.Git;
using Waystation.Fuzz.Http;
using Waystation.Fuzz.Ssh;

namespace Waystation.Fuzz;

/// <summary>Every target.</summary>
public static class FuzzTargets
{
    /// <summary>The targets by their names.</summary>
    public static IReadOnlyList<FuzzTarget> All { get; } =
    [
        new("fetch-request", FetchRequests.Read),
        new("fetch-response", FetchResponses.Read),
        new("advertisement", Advertisements.Read),
        new("push", Pushes.Read),
        new("object", Objects.Read),
        new("lfs", LfsMessages.Read),
        new("relay", RelayMessages.Read),
        new("ssh", SshTexts.Read),
        new("farm", FarmValues.Read),
        new("peer", PeerFrames.Read),
        new("url", SignedUrls.Read),
        new("path", RequestPaths.Read),
        new("proxy", ProxyHeaders.Read),
        new("settings", SettingsFiles.Read),
        new("hook", HookPayloads.Read),
    ];
}
