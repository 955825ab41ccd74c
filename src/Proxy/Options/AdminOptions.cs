using System.ComponentModel.DataAnnotations;
using System.Net;
using Waystation.CacheStore.Options;
using Waystation.Proxy.Options.Checks;

namespace Waystation.Proxy.Options;

/// <summary>The section <c>Admin</c>.</summary>
internal sealed class AdminOptions : IValidatableObject
{
    private const string Page = "operations.md#admin-address";

    [Setting("The address for health, metrics and the admin API.", Option = "--admin", ValueName = "URL", Page = Page)]
    [PlainHttp]
    public ListenAddress Listen { get; init; } = new(new IPEndPoint(IPAddress.Loopback, 8081), IsTls: false);

    [Setting(
        "A file with the token that the admin address demands. An address other than loopback needs it or ReadTokenFile.",
        Page = Page
    )]
    [ExistingFile]
    public string? TokenFile { get; init; }

    [Setting("A file with a further token, which shows the pages of the admin address and allows no action.", Page = Page)]
    [ExistingFile]
    public string? ReadTokenFile { get; init; }

    /// <summary>Whether nobody needs a token, so that every peer may do everything.</summary>
    public bool IsOpen => TokenFile is null && ReadTokenFile is null;

    [Setting("The networks whose clients may use the admin address. Others are refused (403).", Default = "all", Page = Page)]
    public IReadOnlyList<IPNetwork> Allow { get; init; } = [];

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (!Listen.IsLoopback && IsOpen)
        {
            yield return new("a file with a token, because Admin:Listen is not a loopback address", [nameof(TokenFile)]);
        }
    }
}
