using System.Diagnostics;
using System.Net.Http.Headers;

namespace Waystation.Ratios.Probes;

/// <summary>A client that clones and discards the responses, on an open connection: the refs, then the pack.</summary>
internal sealed class RemoteClone : IDisposable
{
    private readonly HttpClient _client = new() { Timeout = TimeSpan.FromMinutes(10) };
    private readonly byte[] _buffer = new byte[256 * 1024];
    private readonly Uri _url;
    private readonly byte[] _fetch;

    /// <summary>A client of one repository.</summary>
    /// <param name="repository">Its URL at the server.</param>
    /// <param name="fetch">The request for the pack.</param>
    public RemoteClone(Uri repository, byte[] fetch)
    {
        _url = new Uri(repository.AbsoluteUri + "/git-upload-pack");
        this._fetch = fetch;
    }

    /// <summary>Opens the connections, at this client and behind it.</summary>
    public Task OpenAsync() => PostAsync(FetchBody.LsRefs);

    /// <summary>Clones once.</summary>
    /// <returns>Seconds until the last byte of the pack; the bytes of that response; its Cache-Status.</returns>
    public async Task<(double Seconds, long Bytes, string CacheStatus)> CloneAsync()
    {
        long begun = Stopwatch.GetTimestamp();
        await PostAsync(FetchBody.LsRefs);
        (long bytes, string status) = await PostAsync(_fetch);
        return (Stopwatch.GetElapsedTime(begun).TotalSeconds, bytes, status);
    }

    public void Dispose() => _client.Dispose();

    private async Task<(long Bytes, string CacheStatus)> PostAsync(byte[] body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, _url) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(FetchBody.ContentType);
        request.Headers.Add("Git-Protocol", "version=2");
        using HttpResponseMessage answer = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        answer.EnsureSuccessStatusCode();
        await using Stream stream = await answer.Content.ReadAsStreamAsync();
        long bytes = 0;
        while (await stream.ReadAsync(_buffer) is > 0 and int read)
        {
            bytes += read;
        }

        return (bytes, answer.Headers.TryGetValues("Cache-Status", out IEnumerable<string>? status) ? status.First() : "");
    }
}
