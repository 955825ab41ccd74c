using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Waystation.Proxy.Settings;

namespace Waystation.Proxy.Commands;

/// <summary>The commands that act on a running node through its admin address.</summary>
internal static class AdminCommands
{
    public static IEnumerable<Command> Create()
    {
        var client = new AdminClient();
        yield return client.Attach(
            new Command("status", "Shows a running node at a glance."),
            static (_, ask) => ask(HttpMethod.Get, "/api/v1/status", null, Status));
        yield return client.Attach(
            new Command("repos", "Lists the repositories that a node keeps mirrors of."),
            static (_, ask) => ask(HttpMethod.Get, "/api/v1/repos", null, Repos));

        var repos = new Argument<string[]>("REPO") { Description = "host/path, or path where the node has one primary", Arity = ArgumentArity.OneOrMore };
        yield return client.Attach(
            new Command("purge", "Removes all that a node keeps of a repository from its disk at once: mirror, orphaned objects, cached packs.") { repos },
            async (parsed, ask) =>
            {
                foreach (string repo in parsed.GetValue(repos)!)
                {
                    await ask(HttpMethod.Post, "/api/v1/repos/purge", new { repo }, Purged);
                }
            });
    }

    private static string Status(JsonElement status) => string.Create(CultureInfo.InvariantCulture, $"""
        version   {status.GetProperty("version").GetString()}
        started   {status.GetProperty("started").GetDateTimeOffset():u}
        mirrors   {status.GetProperty("mirrors").GetInt32()}, {Size(status, "mirrorBytes")}
        packs     {status.GetProperty("packs").GetInt32()}, {Size(status, "packBytes")}
        """);

    private static string Repos(JsonElement repos) => string.Join('\n', repos.EnumerateArray().Select(static repo => string.Create(
        CultureInfo.InvariantCulture,
        $"{repo.GetProperty("repo").GetString()}  {Size(repo, "mirrorBytes")}  {repo.GetProperty("refs").GetInt32()} refs  used {repo.GetProperty("lastUsed").GetDateTime():u}")));

    private static string Purged(JsonElement purged) => string.Create(
        CultureInfo.InvariantCulture,
        $"{purged.GetProperty("repo").GetString()}: {(purged.GetProperty("mirror").GetBoolean() ? $"mirror of {Size(purged, "mirrorBytes")}" : "no mirror")}, {purged.GetProperty("packs").GetInt32()} cached packs of {Size(purged, "packBytes")} removed");

    private static string Size(JsonElement element, string name) => ByteSize.Format(element.GetProperty(name).GetInt64());
}
