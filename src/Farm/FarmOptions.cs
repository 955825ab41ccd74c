using System.ComponentModel.DataAnnotations;
using Waystation.CacheStore.Options;
using Waystation.Farm.Redis;
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

    [Setting("The ACL user of Redis that this node logs in as.", Default = "the user default", Page = "farm.md#redis")]
    public string? RedisUser { get; init; }

    [Setting("A file with the password for Redis. It is read at each connect.", Page = "farm.md#redis")]
    [ExistingFile]
    public string? RedisPasswordFile { get; init; }

    [Setting(
        "A PEM file with the authority that issued the certificate of Redis. The string in Farm:Redis must have ssl=true.",
        Default = "the system's authorities",
        Page = "farm.md#redis"
    )]
    [ExistingFile]
    public string? RedisCaFile { get; init; }

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

    /// <summary>Where Redis is.</summary>
    public RedisTarget Target => new(Redis ?? "", RedisUser, RedisPasswordFile, RedisCaFile);

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

        if (Target.Problem() is { } wrong)
        {
            yield return new(wrong, [nameof(Redis)]);
        }
        else if (RedisCaFile is not null && !Target.IsTls)
        {
            yield return new("nothing, unless Farm:Redis has ssl=true", [nameof(RedisCaFile)]);
        }

        if (Name is { Length: 0 or > 128 })
        {
            yield return new("a name of at most 128 characters", [nameof(Name)]);
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
