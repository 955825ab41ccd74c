using Waystation.CacheStore.Options;
using Waystation.Proxy.Options.Checks;

namespace Waystation.Proxy.Options;

/// <summary>The section <c>Notify</c>.</summary>
internal sealed class NotifyOptions
{
    private const string Page = "operations.md#kept-warm";

    [Setting("A URL that is told of each mirror that was brought up to date.", Page = Page)]
    [HttpUrl]
    public Uri? Url { get; init; }

    [Setting("A file with the secret that signs these notices.", Page = Page)]
    [ExistingFile]
    public string? SecretFile { get; init; }
}
