using System.Text;
using Waystation.Proxy.Tests.Servers;
using Waystation.TestKit.Servers;

namespace Waystation.Proxy.Tests.Commands;

/// <summary>Each verb's answer as a person reads it, and as the node gave it.</summary>
public sealed class NodeCommandTests
{
    public static TheoryData<string, string, string> Answers { get; } =
        new()
        {
            {
                "status",
                """
                    {"version":"1.2.3","started":"2026-01-02T03:04:05.6+00:00","mirrors":2,"mirrorBytes":3072,"packs":4,"packBytes":5,
                    "lfsObjects":6,"lfsBytes":7}
                    """,
                "version   1.2.3\nstarted   2026-01-02 03:04:05Z\nmirrors   2, 3 KiB\npacks     4, 5 B\nlfs       6, 7 B\n"
            },
            {
                "repos",
                """
                    [{"repo":"h/a","objectFormat":"","mirrorBytes":1536,"refs":7,"holdsOrphans":true,
                    "lastUsed":"2026-01-02T03:04:05Z","lfsBytes":0},
                    {"repo":"h/b","objectFormat":null,"mirrorBytes":0,"refs":0,"holdsOrphans":false,
                    "lastUsed":null,"lfsBytes":1024},
                    {"repo":"h/c","objectFormat":"sha1","mirrorBytes":1536,"refs":7,"holdsOrphans":true,
                    "lastUsed":"2026-01-02T03:04:05Z","lfsBytes":1,"packs":2,"packBytes":2048,"lastSync":"2026-01-02T03:04:06Z",
                    "lagSeconds":7.2,"fetches":{"hits":1,"joins":1,"locals":1,"peers":0,"forwards":1,"bypasses":1,"unserved":4,"bytes":9,
                    "last":"2026-01-02T03:04:05Z"},"health":"behind","trouble":"late"}]
                    """,
                "h/a\tok\t1.5 KiB\t7\t-\t-\t-\t-\t-\t2026-01-02 03:04:05Z\t-\n"
                    + "h/b\tok\t-\t-\t-\t1 KiB\t-\t-\t-\t-\t-\n"
                    + "h/c\tbehind\t1.5 KiB\t7\t2 KiB\t1 B\t2026-01-02 03:04:06Z\t7 s\t3 of 5\t2026-01-02 03:04:05Z\tlate\n"
            },
            {
                "queue",
                """
                    [{"kind":"vet","repo":"h/a","due":"2026-01-02T03:04:05Z","running":true,"failures":0,"lastError":null},
                    {"kind":"warm","repo":"h/b","due":"2026-01-02T03:04:05Z","running":false,"failures":2,"lastError":"no room"}]
                    """,
                "vet\th/a\trunning\t2026-01-02 03:04:05Z\t0\t-\nwarm\th/b\twaits\t2026-01-02 03:04:05Z\t2\tno room\n"
            },
            {
                "vet",
                """
                    [{"begun":"2026-01-02T03:04:05Z","checked":1,"drifted":2,"mended":3,"failed":4,"scrubbedBytes":1024,"damaged":5,
                    "failures":["h/a: no"]}]
                    """,
                "2026-01-02 03:04:05Z\t1\t2\t3\t4\t1 KiB\t5\th/a: no\n"
            },
            {
                "fetches --last 2 --repository h/a",
                """
                    [{"number":8,"started":"2026-01-02T03:04:05.6Z","door":"ssh","repo":"h/a","credential":"1a2b3c4d","protocolVersion":2,
                    "asked":{"isClone":true,"wants":3,"haves":0,"shallows":0,"depth":1,"deepenSince":null,"filter":"blob:none"},
                    "outcome":"hit","reason":null,"kept":true,"refsAgeSeconds":null,"end":"whole","trouble":null,"bytes":1536,
                    "milliseconds":{"parse":1.2,"access":2,"turn":0,"firstByte":3,"send":4,"total":10.2}},
                    {"number":7,"started":"2026-01-02T03:04:04Z","door":"http","repo":"h/a","credential":"anonymous","protocolVersion":null,
                    "asked":null,"outcome":"bypass","reason":"malformed","kept":false,"refsAgeSeconds":null,"end":"unreachable",
                    "trouble":"no route","bytes":0,
                    "milliseconds":{"parse":1,"access":0,"turn":0,"firstByte":6,"send":0,"total":7}}]
                    """,
                "2026-01-02 03:04:05Z  hit      h/a  ssh 1a2b3c4d  v2 clone depth 1 blob:none, 3 wants, 0 haves  1.5 KiB in 10 ms "
                    + "(parse 1, access 2, turn 0, first byte 3, send 4)\n"
                    + "2026-01-02 03:04:04Z  bypass (malformed) h/a  http anonymous  not understood  0 B in 7 ms "
                    + "(parse 1, access 0, turn 0, first byte 6, send 0)  unreachable: no route\n"
            },
            {
                "fetches",
                """
                    [{"number":9,"started":"2026-01-02T03:04:06Z","door":"http","repo":"h/a","credential":"1a2b3c4d","protocolVersion":null,
                    "asked":null,"lfs":{"size":4096,"from":1024,"count":1024},
                    "outcome":"join","reason":null,"kept":true,"refsAgeSeconds":null,"end":"whole","trouble":null,"bytes":1024,
                    "milliseconds":{"parse":1,"access":0,"turn":0,"firstByte":2,"send":3,"total":6}}]
                    """,
                "2026-01-02 03:04:06Z  join     h/a  http 1a2b3c4d  lfs object, 1 KiB of 4 KiB  1 KiB in 6 ms "
                    + "(parse 1, access 0, turn 0, first byte 2, send 3)\n"
            },
            { "warm h/a", """{"repo":"h/a","queued":"warm"}""", "h/a: warm queued\n" },
            { "sync h/a", """{"repo":"h/a","queued":"vet"}""", "h/a: vet queued\n" },
            {
                "purge h/a",
                """{"repo":"h/a","mirror":true,"mirrorBytes":1024,"packs":2,"packBytes":2048,"lfsObjects":3,"lfsBytes":4096}""",
                "h/a: mirror of 1 KiB, 2 cached packs of 2 KiB, 3 LFS objects of 4 KiB removed\n"
            },
            {
                "remove h",
                """
                    [{"repo":"h/a","mirror":true,"mirrorBytes":1024,"packs":2,"packBytes":2048,"lfsObjects":3,"lfsBytes":4096,"records":5},
                    {"repo":"h/b","mirror":false,"mirrorBytes":0,"packs":0,"packBytes":0,"lfsObjects":0,"lfsBytes":0,"records":0}]
                    """,
                "h/a: mirror of 1 KiB, 2 cached packs of 2 KiB, 3 LFS objects of 4 KiB, 5 records of fetches removed\n"
                    + "h/b: no mirror, 0 cached packs of 0 B, 0 LFS objects of 0 B, 0 records of fetches removed\n"
            },
            {
                "explain h/a --depth 1",
                """
                    {"repo":"h/a","url":"http://h/a","shape":"depth 1","credential":"anonymous","selected":true,"reached":true,
                    "accepted":true,"outcome":"forward","reason":null,"miss":"no-mirror","why":["one","two"],"ssh":"three"}
                    """,
                "h/a: a depth 1 clone without a login would be: forward (no-mirror)\n  - one\n  - two\n  - three\n"
            },
            {
                "purge h/b",
                """{"repo":"h/b","mirror":false,"mirrorBytes":0,"packs":0,"packBytes":0,"lfsObjects":0,"lfsBytes":0}""",
                "h/b: no mirror, 0 cached packs of 0 B, 0 LFS objects of 0 B removed\n"
            },
        };

    [Theory]
    [MemberData(nameof(Answers))]
    public async Task Answer_IsPrinted(string words, string answer, string printed)
    {
        await using ScriptedPrimary node = await StartAsync(answer);

        CommandResult plain = await RunAsync(node, words);
        CommandResult json = await RunAsync(node, words + " --json");

        Assert.Equal((0, "", printed), (plain.ExitCode, plain.Error, plain.Output));
        Assert.Equal((0, ""), (json.ExitCode, json.Error));
        Assert.Equal(Compact(answer), Compact(json.Output));
    }

    [Theory]
    [InlineData("status", "{}")]
    [InlineData("repos", "{}")]
    [InlineData("queue", "null")]
    [InlineData("vet", "<html>")]
    [InlineData("fetches", """[{"number":1}]""")]
    [InlineData("purge h/a", """{"repo":null}""")]
    [InlineData("tail", "[]")]
    [InlineData("vet --now", "[]")]
    [InlineData("explain h/a", "{}")]
    [InlineData("remove h/a", "{}")]
    public async Task OtherServer_IsFoundOut(string words, string answer)
    {
        await using ScriptedPrimary node = await StartAsync(answer);

        CommandResult result = await RunAsync(node, words);

        Assert.Equal((1, ""), (result.ExitCode, result.Output));
        Assert.Contains("is not a node", result.Error, StringComparison.Ordinal);
    }

    private static string Compact(string json) => System.Text.Json.Nodes.JsonNode.Parse(json)!.ToJsonString();

    private static Task<ScriptedPrimary> StartAsync(string answer) =>
        ScriptedPrimary.StartAsync(async context =>
        {
            context.Response.ContentType = "application/json";
            await context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(answer));
        });

    private static Task<CommandResult> RunAsync(ScriptedPrimary node, string words) =>
        new Command(Checkout.Program, [.. words.Split(' '), "--admin", node.Url.AbsoluteUri])
        {
            Environment = new Dictionary<string, string> { ["DOTNET_ROOT"] = Checkout.DotnetRoot },
        }.RunAsync();
}
