using System.Text.Json;
using Waystation.Farm.Secrets;

namespace Waystation.Farm.Nodes;

/// <summary>Records that are sealed as JSON, which nodes of another version can read.</summary>
internal static class SealedJson
{
    public static T? Open<T>(FarmSecrets secrets, string purpose, ReadOnlySpan<byte> sealedBytes)
        where T : class
    {
        if (secrets.Open(purpose, [], sealedBytes) is not { } content)
        {
            return null;
        }

        try
        {
            return JsonSerializer.Deserialize<T>(content);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
