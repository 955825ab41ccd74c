using System.CommandLine;
using Waystation.Proxy.Admin;

namespace Waystation.Proxy.Commands;

/// <summary>A verb that acts on a running node through its admin address. Each verb has a file beside this one.</summary>
internal static class NodeCommand
{
    /// <summary>A verb that shows a page of the node.</summary>
    /// <param name="name">The verb.</param>
    /// <param name="description">The help.</param>
    /// <param name="page">The path of its page in the API.</param>
    /// <param name="format">Formats the answer for a person.</param>
    /// <typeparam name="T">The answer.</typeparam>
    public static Command Show<T>(string name, string description, string page, Func<T, string> format) =>
        Show(
            name,
            description,
            (client, cancellationToken) => client.PrintAsync(HttpMethod.Get, AdminRoutes.Api + page, null, format, cancellationToken)
        );

    /// <summary>A verb that lists a page of the node.</summary>
    /// <param name="name">The verb.</param>
    /// <param name="description">The help.</param>
    /// <param name="page">The path of its page in the API.</param>
    /// <param name="list">Makes rows of the answer.</param>
    /// <typeparam name="T">The answer.</typeparam>
    public static Command List<T>(string name, string description, string page, Func<T, Listing> list) =>
        Show(
            name,
            description,
            (client, cancellationToken) => client.ListAsync(HttpMethod.Get, AdminRoutes.Api + page, null, list, cancellationToken)
        );

    private static Command Show(string name, string description, Func<AdminClient, CancellationToken, Task> show)
    {
        var command = new Command(name, description);
        var options = new NodeOptionSet(command);
        command.SetAction(
            (parsed, cancellationToken) => options.RunAsync(parsed, client => show(client, cancellationToken), cancellationToken)
        );
        return command;
    }

    /// <summary>A verb that lets the node act on each repository of the command line.</summary>
    /// <param name="name">The verb.</param>
    /// <param name="description">The help.</param>
    /// <param name="page">The path of its page among the actions on a repository.</param>
    /// <param name="format">Formats the answer for one repository for a person.</param>
    /// <typeparam name="T">The answer.</typeparam>
    public static Command Act<T>(string name, string description, string page, Func<T, string> format)
    {
        Argument<string[]> repositories = Repositories();
        var command = new Command(name, description) { repositories };
        var options = new NodeOptionSet(command);
        command.SetAction(
            (parsed, cancellationToken) =>
                options.RunAsync(
                    parsed,
                    async client =>
                    {
                        foreach (string repository in parsed.GetRequiredValue(repositories))
                        {
                            await client.PrintAsync(
                                HttpMethod.Post,
                                AdminRoutes.Repositories + page,
                                new RepositoryQuestion(repository),
                                format,
                                cancellationToken
                            );
                        }
                    },
                    cancellationToken
                )
        );
        return command;
    }

    /// <summary>The argument for one repository or several.</summary>
    public static Argument<string[]> Repositories() =>
        new("REPO") { Description = "HOST/PATH, or PATH where the node has one primary", Arity = ArgumentArity.OneOrMore };
}
