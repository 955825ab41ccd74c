using System.CommandLine;
using Waystation.Proxy.Admin;
using Waystation.Proxy.Admin.Pages;

namespace Waystation.Proxy.Commands;

/// <summary><c>waystation explain REPO</c>: would a clone be a hit, and if not, why.</summary>
internal static class ExplainCommand
{
    private static readonly Argument<string> s_repository = new("REPO")
    {
        Description = "HOST/PATH, or PATH where the node has one primary",
    };

    private static readonly Option<string?> s_user = new("--user")
    {
        Description = "The name of the login. Without it git's credential helpers are asked, as for a clone.",
        HelpName = "NAME",
    };

    private static readonly Option<string?> s_password = new("--password-file")
    {
        Description = "A file with the password or token of --user; - for standard input.",
        HelpName = "FILE",
    };

    private static readonly Option<bool> s_anonymous = new("--anonymous")
    {
        Description = "Asks without a login, whatever the primary says.",
    };
    private static readonly Option<int?> s_depth = new("--depth") { Description = "As of git clone.", HelpName = "N" };
    private static readonly Option<string?> s_filter = new("--filter") { Description = "As of git clone.", HelpName = "SPEC" };

    private static readonly Option<string?> s_branch = new("--branch")
    {
        Description = "A clone of this branch alone (--single-branch --branch).",
        HelpName = "NAME",
    };

    public static Command Create()
    {
        var command = new Command("explain", "Says whether a clone by your login would be a hit, and if not, why.")
        {
            s_repository,
            s_user,
            s_password,
            s_anonymous,
            s_depth,
            s_filter,
            s_branch,
        };
        command.Validators.Add(static result =>
        {
            if (result.GetValue(s_user) is null != result.GetValue(s_password) is null)
            {
                result.AddError("--user and --password-file go together");
            }
        });
        var options = new NodeOptionSet(command);
        command.SetAction(
            (parsed, cancellationToken) =>
                options.RunAsync(parsed, client => ExplainAsync(client, parsed, cancellationToken), cancellationToken)
        );
        return command;
    }

    private static async Task ExplainAsync(AdminClient client, ParseResult parsed, CancellationToken cancellationToken)
    {
        var question = new ExplainQuestion(
            parsed.GetRequiredValue(s_repository),
            Depth: parsed.GetValue(s_depth),
            Filter: parsed.GetValue(s_filter),
            Branch: parsed.GetValue(s_branch)
        );
        (string User, string Password)? login = parsed.GetValue(s_user) is { } user
            ? (user, await PasswordAsync(parsed.GetRequiredValue(s_password)!, cancellationToken))
            : null;
        (Explained answer, string text) = await AskAsync(client, question, login, cancellationToken);
        if (login is null && answer is { Reached: true, Accepted: false } && !parsed.GetValue(s_anonymous))
        {
            // As git does: first without a login, then with the one that a helper knows for the URL.
            login = await GitCredential.FillAsync(new Uri(answer.Url), cancellationToken);
            if (login is not null)
            {
                (answer, text) = await AskAsync(client, question, login, cancellationToken);
            }
        }

        await Console.Out.WriteLineAsync(client.IsJson ? text : Format(answer, login?.User));
    }

    private static Task<(Explained Value, string Text)> AskAsync(
        AdminClient client,
        ExplainQuestion question,
        (string User, string Password)? login,
        CancellationToken cancellationToken
    ) =>
        login is not null && !client.IsLoopback
            ? throw new AdminException(
                "the admin address speaks plain HTTP, so a login is sent only to a loopback address: "
                    + "run the command on the node, or through ssh -L 8081:127.0.0.1:8081 NODE"
            )
            : client.AskAsync<Explained>(
                HttpMethod.Post,
                AdminRoutes.Api + ReposPage.Path + ExplainPage.Path,
                question with
                {
                    Username = login?.User,
                    Password = login?.Password,
                },
                cancellationToken
            );

    private static async Task<string> PasswordAsync(string file, CancellationToken cancellationToken)
    {
        try
        {
            string text =
                file == "-" ? await Console.In.ReadToEndAsync(cancellationToken) : await File.ReadAllTextAsync(file, cancellationToken);
            return text.TrimEnd('\r', '\n');
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"--password-file {file}: {e.Message}");
        }
    }

    private static string Format(Explained answer, string? user)
    {
        string by = user is null ? "without a login" : $"by {user}";
        string detail = (answer.Reason ?? answer.Miss) is { } why ? $" ({why})" : "";
        IEnumerable<string> lines =
        [
            $"{answer.Repo}: a {answer.Shape} clone {by} would {(answer.Outcome is null ? "fail" : "be: " + answer.Outcome)}{detail}",
            .. answer.Why.Select(static line => "  - " + line),
            "  - " + answer.Ssh,
        ];
        return string.Join('\n', lines);
    }
}
