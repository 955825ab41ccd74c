using System.CommandLine;
using System.Net.Sockets;
using System.Text.Json;

namespace Waystation.Proxy.Commands;

/// <summary>The options of a verb that asks a node, and its exit codes: 1 failed, 2 wrong usage.</summary>
internal sealed class NodeOptionSet
{
    private readonly Option<string> _admin = new("--admin")
    {
        Description = "The node's admin address.",
        HelpName = "URL",
        DefaultValueFactory = static _ => "http://127.0.0.1:8081",
    };

    private readonly Option<string?> _token = new("--token-file") { Description = "A file with the admin token.", HelpName = "FILE" };
    private readonly Option<bool> _json = new("--json") { Description = "Prints the node's answer as JSON." };

    public NodeOptionSet(Command command)
    {
        command.Add(_admin);
        command.Add(_token);
        command.Add(_json);
    }

    public async Task<int> RunAsync(ParseResult parsed, Func<AdminClient, Task> act, CancellationToken cancellationToken)
    {
        string given = parsed.GetRequiredValue(_admin);
        if (!Uri.TryCreate(given, UriKind.Absolute, out Uri? admin) || admin.Scheme is not ("http" or "https"))
        {
            return await FailAsync(2, $"--admin {given}: give the node's admin address, such as http://127.0.0.1:8081");
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
                return await FailAsync(2, $"--token-file {file}: {e.Message}");
            }
        }

        using var client = new AdminClient(admin, token, parsed.GetValue(_json));
        try
        {
            await act(client);
            return 0;
        }
        catch (UsageException e)
        {
            return await FailAsync(2, e.Message);
        }
        catch (AdminException e)
        {
            return await FailAsync(1, e.Message);
        }
        catch (JsonException)
        {
            return await FailAsync(1, $"the server at {admin} is not a node: give the node's admin address");
        }
        catch (Exception e) when (e is HttpRequestException or SocketException or IOException)
        {
            return await FailAsync(1, $"no node answers at {admin}: {e.GetBaseException().Message}");
        }
    }

    private static async Task<int> FailAsync(int code, string trouble)
    {
        await Console.Error.WriteLineAsync($"waystation: {trouble}");
        return code;
    }
}
