using System.Text.Json;
using System.Text.Unicode;
using Waystation.CacheStore;
using Waystation.Proxy.Work;

namespace Waystation.Proxy.Hooks;

/// <summary>The repository that a notice is about.</summary>
internal static class HookPayload
{
    private static readonly JsonDocumentOptions s_options = new() { MaxDepth = 32 };

    /// <summary>The repository's name as the forge writes it, without <c>.git</c>; null if there is none, or if it is no repository's
    /// path.</summary>
    /// <exception cref="JsonException">The body is no JSON, or not in UTF-8.</exception>
    public static string? RepositoryOf(Forge forge, ReadOnlyMemory<byte> body)
    {
        // The parser checks the bytes of a text only when the text is read, and then throws another exception.
        if (!Utf8.IsValid(body.Span))
        {
            throw new JsonException("the body is not UTF-8");
        }

        using var json = JsonDocument.Parse(body, s_options);
        string? name;
        try
        {
            name = forge.RepositoryIn(json.RootElement);
        }
        catch (InvalidOperationException e)
        {
            throw new JsonException("the body has half of a surrogate pair", e);
        }

        return name is not null && ForgeName.Of(name) is var plain && RepositoryPath.IsWellFormed(plain) ? plain : null;
    }
}
