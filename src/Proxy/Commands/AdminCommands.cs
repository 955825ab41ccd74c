using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Waystation.Proxy.Options;

namespace Waystation.Proxy.Commands;

/// <summary>The commands that act on a running node through its admin address.</summary>
internal static class AdminCommands
{
    public static IEnumerable<Command> Create()
    {
        var client = new AdminClient();
        yield return client.Attach(
            new Command("status", "Shows a running node at a glance."),
            static (_, ask) => ask(HttpMethod.Get, "/api/v1/status", null, Status)
        );
        yield return client.Attach(
            new Command("repos", "Lists the repositories that a node keeps mirrors of."),
            static (_, ask) => ask(HttpMethod.Get, "/api/v1/repos", null, Repos)
        );

        yield return client.Attach(
            new Command("queue", "Lists background work that waits, runs, or failed and is tried again."),
            static (_, ask) => ask(HttpMethod.Get, "/api/v1/queue", null, Queue)
        );
        yield return client.Attach(
            new Command("vet", "Shows what the last rounds of the vet found."),
            static (_, ask) => ask(HttpMethod.Get, "/api/v1/vet", null, Vet)
        );

        var repos = new Argument<string[]>("REPO")
        {
            Description = "host/path, or path where the node has one primary",
            Arity = ArgumentArity.OneOrMore,
        };
        yield return client.Attach(
            new Command("warm", "Has a node make mirrors ahead, with its service credential.") { repos },
            (parsed, ask) => ForEachAsync(parsed.GetValue(repos)!, "/api/v1/repos/warm", ask, Queued)
        );
        yield return client.Attach(
            new Command("sync", "Has a node compare mirrors with the primary now, with its service credential.") { repos },
            (parsed, ask) => ForEachAsync(parsed.GetValue(repos)!, "/api/v1/repos/sync", ask, Queued)
        );
        yield return client.Attach(
            new Command(
                "purge",
                "Removes all that a node keeps of a repository from its disk at once: mirror, orphaned objects, cached packs."
            )
            {
                repos,
            },
            (parsed, ask) => ForEachAsync(parsed.GetValue(repos)!, "/api/v1/repos/purge", ask, Purged)
        );
    }

    private static async Task ForEachAsync(
        IEnumerable<string> repos,
        string path,
        Func<HttpMethod, string, object?, Func<JsonElement, string>, Task> ask,
        Func<JsonElement, string> print
    )
    {
        foreach (string repo in repos)
        {
            await ask(HttpMethod.Post, path, new { repo }, print);
        }
    }

    private static string Queued(JsonElement queued) =>
        $"{queued.GetProperty("repo").GetString()}: {queued.GetProperty("queued").GetString()} queued";

    private static string Queue(JsonElement queue) =>
        string.Join(
            '\n',
            queue
                .EnumerateArray()
                .Select(static work =>
                    $"{work.GetProperty("kind").GetString(), -7}{work.GetProperty("repo").GetString()}  "
                    + (work.GetProperty("running").GetBoolean() ? "running" : $"due {work.GetProperty("due").GetDateTimeOffset():u}")
                    + (
                        work.GetProperty("failures").GetInt32() is > 0 and int failures
                            ? string.Create(
                                CultureInfo.InvariantCulture,
                                $"  failed {failures} times: {work.GetProperty("lastError").GetString()}"
                            )
                            : ""
                    )
                )
        );

    private static string Vet(JsonElement rounds) =>
        string.Join(
            '\n',
            rounds
                .EnumerateArray()
                .Select(static round =>
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"{round.GetProperty("begun").GetDateTimeOffset():u}  checked {round.GetProperty("checked").GetInt32()}, drifted {round.GetProperty("drifted").GetInt32()}, mended {round.GetProperty("mended").GetInt32()}, failed {round.GetProperty("failed").GetInt32()}, scrubbed {Size(round, "scrubbedBytes")}, damaged {round.GetProperty("damaged").GetInt32()}{string.Concat(round.GetProperty("failures").EnumerateArray().Select(static failure => "\n    " + failure.GetString()))}"
                    )
                )
        );

    private static string Status(JsonElement status) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"""
            version   {status.GetProperty("version").GetString()}
            started   {status.GetProperty("started").GetDateTimeOffset():u}
            mirrors   {status.GetProperty("mirrors").GetInt32()}, {Size(status, "mirrorBytes")}
            packs     {status.GetProperty("packs").GetInt32()}, {Size(status, "packBytes")}
            """
        );

    private static string Repos(JsonElement repos) =>
        string.Join(
            '\n',
            repos
                .EnumerateArray()
                .Select(static repo =>
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"{repo.GetProperty("repo").GetString()}  {Size(repo, "mirrorBytes")}  {repo.GetProperty("refs").GetInt32()} refs  used {repo.GetProperty("lastUsed").GetDateTime():u}"
                    )
                )
        );

    private static string Purged(JsonElement purged) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{purged.GetProperty("repo").GetString()}: {(purged.GetProperty("mirror").GetBoolean() ? $"mirror of {Size(purged, "mirrorBytes")}" : "no mirror")}, {purged.GetProperty("packs").GetInt32()} cached packs of {Size(purged, "packBytes")} removed"
        );

    private static string Size(JsonElement element, string name) => ByteSize.Format(element.GetProperty(name).GetInt64());
}
