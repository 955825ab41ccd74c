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

    [Setting("A file with the token that the admin address demands. An address other than loopback needs one.", Page = Page)]
    [ExistingFile]
    public string? TokenFile { get; init; }

    /// <summary>Whether nobody needs a token. Every file with a token counts here: the dashboard asks nothing else.</summary>
    public bool IsOpen => TokenFile is null;

    [Setting("The networks whose clients may use the admin address. Others are refused (403).", Default = "all", Page = Page)]
    public IReadOnlyList<IPNetwork> Allow { get; init; } = [];

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (!Listen.IsLoopback && TokenFile is null)
        {
            yield return new("a file with a token, because Admin:Listen is not a loopback address", [nameof(TokenFile)]);
        }
    }
}
