using System.Text.Json;
using Waystation.CacheStore;
using Waystation.Proxy.Hooks;

namespace Waystation.Fuzz.Http;

/// <summary>Bodies of webhooks: a repository's path comes of them, or nothing.</summary>
internal static class HookPayloads
{
    public static void Read(byte[] bytes)
    {
        foreach (Forge forge in Forge.All)
        {
            try
            {
                if (HookPayload.RepositoryOf(forge, bytes) is { } name)
                {
                    FindingException.IfDifferent(true, RepositoryPath.IsWellFormed(name), name);
                }
            }
            catch (JsonException)
            {
                // The answer is 400.
            }
        }
    }
}
