using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Parsing;
using Waystation.Proxy.Commands;

namespace Waystation.Proxy;

/// <summary>The <c>waystation</c> program. Exit codes: 0, 1 failed, 2 usage or settings.</summary>
internal static class Program
{
    /// <summary>The program's verbs; each is a file in <c>Commands</c>.</summary>
    internal static RootCommand CreateRoot()
    {
        var root = new RootCommand(
            "Waystation, a Git caching proxy. Clones and fetches come from a node nearby; permission stays with the primary server."
        )
        {
            ServeCommand.Create(),
            InitCommand.Create(),
        };
        foreach (Command command in NodeVerbs.Commands())
        {
            root.Add(command);
        }

        root.Add(CompletionCommand.Create());
        return root;
    }

    private static async Task<int> Main(string[] args)
    {
        RootCommand root = CreateRoot();
        HelpOption help = root.Options.OfType<HelpOption>().Single();
        help.Action = new ServeHelp((HelpAction)help.Action!);
        ParseResult parsed = root.Parse(args);
        // A shell that completes asks with a line that is not whole.
        bool isCompletion = root.Directives.Any(directive => parsed.GetResult(directive) is not null);
        if (parsed.Errors.Count > 0 && !isCompletion)
        {
            foreach (ParseError error in parsed.Errors)
            {
                await Console.Error.WriteLineAsync($"waystation: {error.Message}");
            }

            await Console.Error.WriteLineAsync("waystation: see waystation --help");
            return 2;
        }

        // The host listens for SIGTERM and SIGINT itself, and drains.
        return await parsed.InvokeAsync(
            new InvocationConfiguration { ProcessTerminationTimeout = null, EnableDefaultExceptionHandler = false }
        );
    }
}
