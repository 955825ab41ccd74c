using System.Net;
using System.Text.Json;
using Waystation.Proxy.Admin;
using Waystation.Proxy.Admin.Pages;

namespace Waystation.Proxy.Doctor.Looks;

/// <summary>Asks a running node at its admin address.</summary>
internal sealed class RunningNode : IDisposable
{
    private static readonly JsonSerializerOptions s_strict = new(JsonSerializerDefaults.Web)
    {
        RespectRequiredConstructorParameters = true,
        RespectNullableAnnotations = true,
    };

    private readonly HttpClient _http;

    /// <param name="admin">The admin address.</param>
    /// <param name="tokenFile">The file with the token; null if there is none.</param>
    public RunningNode(Uri admin, string? tokenFile)
    {
        (Address, TokenFile) = (admin, tokenFile);
        // The token is for this address only, so a redirect is not followed.
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
        };
        _http = new HttpClient(handler, disposeHandler: true) { BaseAddress = admin, Timeout = Timeout.InfiniteTimeSpan };
    }

    public Uri Address { get; }

    public string? TokenFile { get; }

    /// <summary>What the node says of itself.</summary>
    /// <returns>The status, and what it says if the status is 200.</returns>
    /// <exception cref="JsonException">The answer does not come from a node.</exception>
    /// <exception cref="HttpRequestException">Nothing answers.</exception>
    public async Task<(HttpStatusCode Status, NodeSelf? Self)> AskAsync(CancellationToken cancellationToken)
    {
        using HttpResponseMessage answer = await SendAsync(DoctorPage.Path, cancellationToken);
        return answer.StatusCode != HttpStatusCode.OK
            ? (answer.StatusCode, null)
            : (
                HttpStatusCode.OK,
                JsonSerializer.Deserialize<NodeSelf>(await answer.Content.ReadAsStringAsync(cancellationToken), s_strict)
                    ?? throw new JsonException()
            );
    }

    public void Dispose() => _http.Dispose();

    private async Task<HttpResponseMessage> SendAsync(string page, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, AdminRoutes.Api + page);
        if (TokenFile is not null)
        {
            request.Headers.Authorization = new("Bearer", (await File.ReadAllTextAsync(TokenFile, cancellationToken)).Trim());
        }

        return await _http.SendAsync(request, cancellationToken);
    }
}
