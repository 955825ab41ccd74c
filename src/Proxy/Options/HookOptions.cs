using Waystation.CacheStore.Options;

namespace Waystation.Proxy.Options;

/// <summary>The section <c>Hooks</c>.</summary>
internal sealed class HookOptions
{
    [Setting(
        "A file with the secrets that sign webhooks of the primary, one a line. Without it the node takes no webhooks.",
        Page = "operations.md#webhooks"
    )]
    [ExistingFile]
    public string? SecretFile { get; init; }
}
