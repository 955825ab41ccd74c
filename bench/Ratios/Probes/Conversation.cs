using System.Diagnostics;

namespace Waystation.Ratios.Probes;

/// <summary>All that git asks for one clone, in its order, by a client in this process that throws the answers away.</summary>
internal static class Conversation
{
    /// <summary>The capabilities, <c>ls-refs</c> and the pack; milliseconds from the first request to the last byte.</summary>
    public static async Task<Exchange> CloneAsync(HttpClient client, string repository, byte[] fetch)
    {
        long begun = Stopwatch.GetTimestamp();
        using (var probe = new HttpRequestMessage(HttpMethod.Get, new Uri(repository + "/info/refs?service=git-upload-pack")))
        {
            probe.Headers.Add("Git-Protocol", "version=2");
            using HttpResponseMessage capabilities = await client.SendAsync(probe);
            capabilities.EnsureSuccessStatusCode();
        }

        await Exchange.PostAsync(client, repository, FetchBody.LsRefs);
        Exchange pack = await Exchange.PostAsync(client, repository, fetch);
        return pack with { Milliseconds = Stopwatch.GetElapsedTime(begun).TotalMilliseconds };
    }
}
