using System.Text.Json;

namespace Waystation.Proxy.Hooks;

/// <summary>
/// A kind of server that sends webhooks to <c>/.waystation/hooks/NAME</c>: how it signs a webhook with a shared secret, and where a webhook
/// names its repository. A further forge is a file beside the others, and a line in <see cref="All"/>.
/// </summary>
/// <param name="name">The last part of the URL.</param>
internal abstract class Forge(string name)
{
    /// <summary>Every forge there is.</summary>
    public static IReadOnlyList<Forge> All { get; } = [new GitHubForge(), new GitLabForge(), new GiteaForge(), new BitbucketForge()];

    public string Name { get; } = name;

    /// <summary>Whether the headers may have a right signature; if not, the body need not be read.</summary>
    public abstract bool MaySign(IHeaderDictionary headers, IEnumerable<string> secrets);

    /// <summary>Whether one of the secrets made the signature; takes the same time for every wrong one.</summary>
    public abstract bool IsSigned(IHeaderDictionary headers, ReadOnlySpan<byte> body, IEnumerable<string> secrets);

    /// <summary>The name of the webhook's repository, as the forge writes it; null if it names none.</summary>
    public abstract string? RepositoryIn(JsonElement notice);

    /// <summary>The text at a place in a webhook; null if there is none.</summary>
    protected static string? Text(JsonElement element, params ReadOnlySpan<string> path)
    {
        foreach (string one in path)
        {
            if (element.ValueKind != JsonValueKind.Object || !element.TryGetProperty(one, out element))
            {
                return null;
            }
        }

        return element.ValueKind == JsonValueKind.String ? element.GetString() : null;
    }
}
