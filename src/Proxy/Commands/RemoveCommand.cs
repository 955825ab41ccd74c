using System.CommandLine;
using System.Globalization;
using Waystation.Proxy.Admin;
using Waystation.Proxy.Admin.Pages;
using Waystation.Proxy.Options;
using Waystation.Proxy.Work;

namespace Waystation.Proxy.Commands;

/// <summary><c>waystation remove REPO|PRIMARY…</c>.</summary>
internal static class RemoveCommand
{
    public static Command Create()
    {
        var names = new Argument<string[]>("REPO|PRIMARY")
        {
            Description = "HOST/PATH, PATH where the node has one primary, or HOST for all repositories of a primary, also of a former one",
            Arity = ArgumentArity.OneOrMore,
        };
        var command = new Command(
            "remove",
            "Removes all data of a repository or of a primary, and says how much: mirrors, cached packs, Git LFS objects, tickets, records."
        )
        {
            names,
        };
        var options = new NodeOptionSet(command);
        command.SetAction(
            (parsed, cancellationToken) =>
                options.RunAsync(
                    parsed,
                    async client =>
                    {
                        foreach (string name in parsed.GetRequiredValue(names))
                        {
                            await client.PrintAsync<Removed[]>(
                                HttpMethod.Post,
                                AdminRoutes.Repositories + RemovePage.Path,
                                new RepositoryQuestion(name),
                                static all => string.Join('\n', all.Select(Format)),
                                cancellationToken
                            );
                        }
                    },
                    cancellationToken
                )
        );
        return command;
    }

    private static string Format(Removed removed)
    {
        string mirror = removed.Mirror ? $"mirror of {ByteSize.Format(removed.MirrorBytes)}" : "no mirror";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{removed.Repo}: {mirror}, {removed.Packs} cached packs of {ByteSize.Format(removed.PackBytes)}, "
                + $"{removed.LfsObjects} LFS objects of {ByteSize.Format(removed.LfsBytes)}, {removed.Records} records of fetches removed"
        );
    }
}
