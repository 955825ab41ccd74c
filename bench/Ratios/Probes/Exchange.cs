using System.Buffers;
using System.Diagnostics;
using System.Net.Http.Headers;

namespace Waystation.Ratios.Probes;

/// <summary>One request of protocol v2 and its answer, by a client in this process that throws the answer away.</summary>
/// <param name="Milliseconds">From before the request until the last byte.</param>
/// <param name="Bytes">Of the answer.</param>
internal sealed record Exchange(double Milliseconds, long Bytes)
{
    private const int Block = 256 * 1024;

    /// <summary>Posts a body to a repository; an answer that is not whole ends the measure.</summary>
    /// <param name="client">Whose connections are used.</param>
    /// <param name="repository">The URL, without a slash at its end.</param>
    /// <param name="body">As <see cref="FetchBody"/> makes them.</param>
    /// <param name="beginning">Takes the first bytes, as many as fit, where somebody wants them; how many came is
    /// <see cref="Bytes"/>.</param>
    public static async Task<Exchange> PostAsync(HttpClient client, string repository, byte[] body, Memory<byte> beginning = default)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(repository + "/git-upload-pack"))
        {
            Content = new ByteArrayContent(body),
        };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(FetchBody.ContentType);
        request.Headers.Add("Git-Protocol", "version=2");
        long begun = Stopwatch.GetTimestamp();
        using HttpResponseMessage answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        answer.EnsureSuccessStatusCode();
        await using Stream stream = await answer.Content.ReadAsStreamAsync();
        byte[] buffer = ArrayPool<byte>.Shared.Rent(Block);
        byte[] end = new byte[4];
        try
        {
            long bytes = 0;
            while (await stream.ReadAsync(buffer) is > 0 and var read)
            {
                if (bytes < beginning.Length)
                {
                    buffer.AsMemory(0, (int)Math.Min(read, beginning.Length - bytes)).CopyTo(beginning[(int)bytes..]);
                }

                bytes += read;
                int kept = Math.Max(0, end.Length - read),
                    fresh = end.Length - kept;
                end.AsSpan(end.Length - kept).CopyTo(end);
                buffer.AsSpan(read - fresh, fresh).CopyTo(end.AsSpan(kept));
            }

            // Every answer of v2 ends with a flush packet; one that broke, or says ERR, does not.
            return end.AsSpan().SequenceEqual("0000"u8)
                ? new Exchange(Stopwatch.GetElapsedTime(begun).TotalMilliseconds, bytes)
                : throw new InvalidOperationException($"an answer of {bytes} bytes is not whole");
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
