using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Microsoft.AspNetCore.Mvc;

namespace Waystation.Proxy.Commands;

/// <summary>Asks a running node at its admin address and prints the answers.</summary>
/// <param name="admin">The admin address.</param>
/// <param name="token">The admin token; null if there is none.</param>
/// <param name="isJson">Whether to print answers unchanged.</param>
internal sealed class AdminClient(Uri admin, string? token, bool isJson) : IDisposable
{
    /// <summary>An answer without a required member comes from another server.</summary>
    private static readonly JsonSerializerOptions s_strict = new(JsonSerializerDefaults.Web)
    {
        RespectRequiredConstructorParameters = true,
        RespectNullableAnnotations = true,
    };

    private readonly HttpClient _http = Open(admin, token);

    /// <summary>Whether to print answers unchanged.</summary>
    public bool IsJson => isJson;

    /// <summary>Whether the node's address cannot be reached from other machines, and so nobody there hears what is sent to it.</summary>
    public bool IsLoopback => admin.IsLoopback;

    /// <summary>Asks for a page and prints the answer.</summary>
    /// <param name="method">The method of the page.</param>
    /// <param name="page">The path of the page.</param>
    /// <param name="content">What the page is to act on, sent as JSON; null for a page that acts on nothing.</param>
    /// <param name="format">Formats the answer for a person.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <typeparam name="T">The answer.</typeparam>
    /// <exception cref="AdminException">The node refused.</exception>
    /// <exception cref="JsonException">The answer does not come from a node.</exception>
    public async Task PrintAsync<T>(
        HttpMethod method,
        string page,
        object? content,
        Func<T, string> format,
        CancellationToken cancellationToken
    )
    {
        (T value, string text) = await AskAsync<T>(method, page, content, cancellationToken);
        await Console.Out.WriteLineAsync(isJson ? text : format(value));
    }

    /// <summary>Asks for a page and lists the answer.</summary>
    /// <inheritdoc cref="PrintAsync{T}(HttpMethod, string, object?, Func{T, string}, CancellationToken)"/>
    public async Task ListAsync<T>(
        HttpMethod method,
        string page,
        object? content,
        Func<T, Listing> list,
        CancellationToken cancellationToken
    )
    {
        (T value, string text) = await AskAsync<T>(method, page, content, cancellationToken);
        if (isJson)
        {
            await Console.Out.WriteLineAsync(text);
        }
        else
        {
            await list(value).WriteAsync();
        }
    }

    /// <summary>Asks for a page.</summary>
    /// <returns>The answer, and its JSON.</returns>
    /// <exception cref="AdminException">The node refused.</exception>
    /// <exception cref="JsonException">The answer does not come from a node.</exception>
    public async Task<(T Value, string Text)> AskAsync<T>(
        HttpMethod method,
        string page,
        object? content,
        CancellationToken cancellationToken
    )
    {
        using var request = new HttpRequestMessage(method, page)
        {
            Content = content is null ? null : JsonContent.Create(content, content.GetType()),
        };
        using HttpResponseMessage answer = await _http.SendAsync(request, cancellationToken);
        string text = await answer.Content.ReadAsStringAsync(cancellationToken);
        if (!answer.IsSuccessStatusCode)
        {
            throw new AdminException(DetailOf(answer, text));
        }

        return (Read<T>(text), text);
    }

    /// <summary>Prints a value as JSON, in one line.</summary>
    public static Task PrintJsonAsync<T>(T value) => Console.Out.WriteLineAsync(JsonSerializer.Serialize(value, JsonSerializerOptions.Web));

    /// <summary>Follows a stream of events until the node ends it.</summary>
    /// <param name="page">The path of the page.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="AdminException">The node refused.</exception>
    /// <exception cref="JsonException">The answer does not come from a node.</exception>
    public async IAsyncEnumerable<SseItem<string>> FollowAsync(string page, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, page);
        using HttpResponseMessage answer = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        if (!answer.IsSuccessStatusCode)
        {
            throw new AdminException(DetailOf(answer, await answer.Content.ReadAsStringAsync(cancellationToken)));
        }

        if (answer.Content.Headers.ContentType?.MediaType != "text/event-stream")
        {
            throw new JsonException();
        }

        await using Stream body = await answer.Content.ReadAsStreamAsync(cancellationToken);
        await foreach (SseItem<string> item in SseParser.Create(body).EnumerateAsync(cancellationToken))
        {
            yield return item;
        }
    }

    /// <summary>Reads the node's answer.</summary>
    /// <exception cref="JsonException">It does not come from a node.</exception>
    public static T Read<T>(string text) => JsonSerializer.Deserialize<T>(text, s_strict) ?? throw new JsonException();

    public void Dispose() => _http.Dispose();

    /// <summary>The token is for this address only, so a redirect is not followed.</summary>
    private static HttpClient Open(Uri admin, string? token)
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            ActivityHeadersPropagator = null,
        };
        var http = new HttpClient(handler, disposeHandler: true) { BaseAddress = admin, Timeout = Timeout.InfiniteTimeSpan };
        if (token is not null)
        {
            http.DefaultRequestHeaders.Authorization = new("Bearer", token);
        }

        return http;
    }

    private static string DetailOf(HttpResponseMessage answer, string text) =>
        answer.Content.Headers.ContentType?.MediaType == "application/problem+json"
        && JsonSerializer.Deserialize<ProblemDetails>(text, JsonSerializerOptions.Web) is { Detail: { } detail }
            ? detail
        : text.Trim() is { Length: > 0 } said ? said
        : $"the node answered with status {(int)answer.StatusCode}";
}
