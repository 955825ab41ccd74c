using System.ComponentModel.DataAnnotations;
using Waystation.CacheStore.Options;

namespace Waystation.Primaries.Http.Proxies;

/// <summary>The section <c>Primaries:0:Proxy</c>: the HTTP proxy between the node and the primary.</summary>
public sealed class ProxyOptions : IValidatableObject
{
    private const string Page = "operations.md#a-proxy-to-the-primary";

    [Setting(
        "The proxy to the primary over HTTP, and to the storages of its Git LFS objects. SSH does not use it.",
        Default = "that of HTTPS_PROXY and similar variables, without Primaries:0:Address",
        Page = Page
    )]
    [ProxyUrl]
    public Uri? Url { get; init; }

    [Setting("The node's user at the proxy.", Page = Page)]
    public string? Username { get; init; }

    /// <summary>The file is read at each use, so the secret may be replaced while the node runs.</summary>
    [Setting("A file with the node's password at the proxy.", Page = Page)]
    [ExistingFile]
    public string? PasswordFile { get; init; }

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Url is null && (Username ?? PasswordFile) is not null)
        {
            yield return new("the URL of the proxy, because Proxy:Username or Proxy:PasswordFile is set", [nameof(Url)]);
        }

        if (Username is null != PasswordFile is null)
        {
            yield return new("the user and the password, both or neither", [Username is null ? nameof(Username) : nameof(PasswordFile)]);
        }
    }
}
