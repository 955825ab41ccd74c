using System.ComponentModel.DataAnnotations;
using Waystation.CacheStore.Options;
using Waystation.Farm.Secrets;
using Waystation.Primaries;

namespace Waystation.Farm;

/// <summary>The section <c>Farm</c>: several nodes behind one address, which share a Redis.</summary>
public sealed class FarmOptions : IValidatableObject
{
    private const string Page = "farm.md#settings";

    /// <summary>The configuration string of StackExchange.Redis: addresses with commas between them, then options.</summary>
    [Setting(
        "The Redis that the nodes of a farm share, as HOST:PORT. Several addresses and options follow after commas.",
        Option = "--redis",
        ValueName = "HOST:PORT",
        Default = "none: the node is alone",
        Page = Page
    )]
    public string? Redis { get; init; }

    [Setting("The URL at which the other nodes of the farm reach this node.", Page = Page)]
    [ServerUrl]
    public Uri? NodeUrl { get; init; }

    /// <summary>The file is read at the start.</summary>
    [Setting("A file with the secret of the farm. A second line has another secret that is accepted too, for a rotation.", Page = Page)]
    [ExistingFile]
    public string? SecretFile { get; init; }

    [Setting("The name of this node in the farm.", Default = "the host name", Page = Page)]
    public string Name { get; init; } = Environment.MachineName;

    [Setting("Whether a new node holds nothing until an operator approves it.", Page = "farm.md#joining")]
    public bool Approval { get; init; }

    [Setting("Whether NodeUrl may be plain http on an address other than loopback.", Page = Page)]
    public bool AllowPlain { get; init; }

    /// <summary>Whether the node belongs to a farm.</summary>
    public bool IsOn => Redis is not null;

    /// <inheritdoc />
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (!IsOn)
        {
            yield break;
        }

        if (NodeUrl is null)
        {
            yield return new("the URL of this node for the other nodes, because Farm:Redis is set", [nameof(NodeUrl)]);
        }
        else if (NodeUrl.Scheme != Uri.UriSchemeHttps && !NodeUrl.IsLoopback && !AllowPlain)
        {
            yield return new("an https:// URL, or one of loopback; or set Farm:AllowPlain to true", [nameof(NodeUrl)]);
        }

        if (SecretFile is null)
        {
            yield return new("a file with the secret of the farm, because Farm:Redis is set", [nameof(SecretFile)]);
        }
        else if (ProblemOfSecrets(SecretFile) is { } problem)
        {
            yield return new(problem, [nameof(SecretFile)]);
        }
    }

    private static string? ProblemOfSecrets(string file)
    {
        try
        {
            _ = FarmSecrets.Read(file);
            return null;
        }
        catch (FarmSecretException e)
        {
            return e.Message;
        }
    }
}
