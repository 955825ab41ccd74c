using System.CommandLine;
using System.Net.Sockets;
using System.Text.Json;

namespace Waystation.Proxy.Commands;

/// <summary>How a command reaches a running node: its admin address, and the token that it may want.</summary>
internal sealed class AdminClient
{
    private readonly Option<string> _admin = new("--admin")
    {
        Description = "The node's admin address",
        HelpName = "URL",
        DefaultValueFactory = static _ => "http://127.0.0.1:8081",
    };

    private readonly Option<string?> _token = new("--token-file") { Description = "A file with the admin token", HelpName = "FILE" };
    private readonly Option<bool> _json = new("--json") { Description = "Print what the node answered, as JSON" };

    /// <summary>Gives a command the options that reach a node, and what it does there.</summary>
    /// <param name="command">Which.</param>
    /// <param name="act">Asks the node; prints with the function given for each answer.</param>
    public Command Attach(Command command, Func<ParseResult, Func<HttpMethod, string, object?, Func<JsonElement, string>, Task>, Task> act)
    {
        command.Add(_admin);
        command.Add(_token);
        command.Add(_json);
        command.SetAction((parsed, cancellationToken) => RunAsync(parsed, act, cancellationToken));
        return command;
    }

    private async Task<int> RunAsync(
        ParseResult parsed,
        Func<ParseResult, Func<HttpMethod, string, object?, Func<JsonElement, string>, Task>, Task> act,
        CancellationToken cancellationToken
    )
    {
        if (!Uri.TryCreate(parsed.GetValue(_admin), UriKind.Absolute, out Uri? admin) || admin.Scheme is not ("http" or "https"))
        {
            await Console.Error.WriteLineAsync(
                $"waystation: --admin {parsed.GetValue(_admin)}: give the node's admin address, such as http://127.0.0.1:8081"
            );
            return 2;
        }

        string? token = null;
        if (parsed.GetValue(_token) is { } file)
        {
            try
            {
                token = (await File.ReadAllTextAsync(file, cancellationToken)).Trim();
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                await Console.Error.WriteLineAsync($"waystation: --token-file {file}: {e.Message}");
                return 2;
            }
        }

        // The token and what it orders are for this address alone.
        using var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            ActivityHeadersPropagator = null,
        };
        using var http = new HttpClient(handler) { BaseAddress = admin, Timeout = Timeout.InfiniteTimeSpan };
        if (token is not null)
        {
            http.DefaultRequestHeaders.Authorization = new("Bearer", token);
        }

        try
        {
            await act(
                parsed,
                (method, path, body, print) => AskAsync(http, method, path, body, parsed.GetValue(_json) ? null : print, cancellationToken)
            );
            return 0;
        }
        catch (AdminException e)
        {
            await Console.Error.WriteLineAsync($"waystation: {e.Message}");
            return 1;
        }
        catch (JsonException)
        {
            await Console.Error.WriteLineAsync($"waystation: what answers at {admin} is no node: give the node's admin address");
            return 1;
        }
        catch (Exception e) when (e is HttpRequestException or SocketException or IOException)
        {
            await Console.Error.WriteLineAsync($"waystation: no node answers at {admin}: {e.GetBaseException().Message}");
            return 1;
        }
    }

    private static async Task AskAsync(
        HttpClient http,
        HttpMethod method,
        string path,
        object? body,
        Func<JsonElement, string>? print,
        CancellationToken cancellationToken
    )
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
        using HttpResponseMessage answer = await http.SendAsync(request, cancellationToken);
        string text = await answer.Content.ReadAsStringAsync(cancellationToken);
        if (!answer.IsSuccessStatusCode)
        {
            throw new AdminException(DetailOf(answer, text));
        }

        using var json = JsonDocument.Parse(text);
        await Console.Out.WriteLineAsync(print?.Invoke(json.RootElement) ?? text);
    }

    private static string DetailOf(HttpResponseMessage answer, string text)
    {
        if (answer.Content.Headers.ContentType?.MediaType == "application/problem+json")
        {
            using var problem = JsonDocument.Parse(text);
            if (problem.RootElement.TryGetProperty("detail", out JsonElement detail))
            {
                return detail.GetString()!;
            }
        }

        return text.Trim() is { Length: > 0 } said ? said : $"the node answered with status {(int)answer.StatusCode}";
    }
}

/// <summary>The node refused, or failed; the message is for the person who asked.</summary>
internal sealed class AdminException(string message) : Exception(message);
