using System.Globalization;
using System.Text;
using Waystation.Proxy.Tests.Servers;
using Waystation.TestKit.Servers;

namespace Waystation.Proxy.Tests.Http;

/// <summary>However a path is spelt, the primary gets it as it came, or the request is refused and the primary gets nothing.</summary>
public sealed class SpellingTests(RecordedFront front) : IClassFixture<RecordedFront>
{
    private const int Seed = 1_217;

    private static readonly string[] s_pieces =
    [
        "team",
        "Team",
        "tool.git",
        "tool",
        ".",
        "..",
        "",
        "%2e",
        "%2E%2e",
        ".%2e",
        "%2f",
        "%5c",
        "\\",
        "%00",
        "%0d%0a",
        "%1b%5b31m",
        "%",
        "%2",
        "%zz",
        "%2500",
        "%252e%252e",
        "%c0%ae",
        "%c0%af",
        "%e2%80%ae",
        "%ff",
        "%u002e",
        ";v=1",
        "a;b=c",
        "@",
        ":",
        "~me",
        "+",
        "%20",
        "=",
        "&",
        "scm",
        "_git",
        "a",
        "info",
        "lfs",
        "objects",
        "info%2frefs",
        "*",
        "'",
        "\"",
        "<",
        "`",
        "|",
        "^",
        "{}",
        "[x]",
        "...",
        "con",
        "a.git.",
        "%C3%B6",
        "#",
        "a#b",
    ];

    private static readonly string[] s_ends =
    [
        "/info/refs?service=git-upload-pack",
        "/info/refs?service=git-upload-pack&service=git-upload-pack",
        "/info/refs?x&service=git-upload-pack#y",
        "/info/refs?service=git-receive-pack",
        "/info/refs",
        "/info/refs/",
        "/HEAD",
        "/git-upload-pack",
        "?",
        "?a=%00&b=?",
        "/",
        "",
    ];

    [Fact]
    public async Task RandomSpellings_ReachThePrimary_ToTheLetter()
    {
        var random = new Random(Seed);
        int forwarded = 0;
        for (int i = 0; i < 400; i++)
        {
            string target =
                string.Concat(Enumerable.Range(0, random.Next(1, 6)).Select(_ => "/" + s_pieces[random.Next(s_pieces.Length)]))
                + s_ends[random.Next(s_ends.Length)];
            string method = random.Next(4) == 0 ? "POST" : "GET";
            RawAnswer answer = await front.AskAsync(
                $"{method} {target} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            );
            string row = string.Create(CultureInfo.InvariantCulture, $"seed {Seed}, {i}: {method} {target}: {answer.Status}");
            if (answer.Status is >= 400 and < 500)
            {
                Assert.True(front.Primary.Requests.Count == 0, row);
                continue;
            }

            forwarded++;
            Assert.True(front.Primary.Requests.Count > 0, row);
            Assert.All(
                front.Primary.Requests,
                seen => Assert.StartsWith($"{method} {target} HTTP/1.1\r\n", seen, StringComparison.Ordinal)
            );
        }

        Assert.InRange(forwarded, 100, 400);
    }

    [Fact]
    public async Task VeryLongPath_GoesOn_OrIsRefused()
    {
        foreach (int length in (int[])[1_000, 4_000, 5_000, 7_000, 9_000, 100_000])
        {
            string target = $"/{new string('a', length)}/info/refs?service=git-upload-pack";
            RawAnswer answer = await front.AskAsync($"GET {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
            if (answer.Status == 200)
            {
                Assert.StartsWith($"GET {target} ", Assert.Single(front.Primary.Requests), StringComparison.Ordinal);
            }
            else
            {
                Assert.True(answer.Status is 0 or 400 or 414, $"{length}: {answer.Status}");
                Assert.Empty(front.Primary.Requests);
            }
        }
    }

    /// <summary>Nothing of a name reaches the log as a line or a terminal's command.</summary>
    [Fact]
    public async Task ControlCharactersInAName_AreNoLinesInTheLog()
    {
        foreach (string service in (string[])["info/refs?service=git-upload-pack", "HEAD"])
        {
            await RawConnection.AskAsync(
                front.Node.Url,
                Encoding.ASCII.GetBytes(
                    $"GET /team/x%0d%0a2026-01-01T00:00:00.000Z%20crit:%20forged%1b%5b31m/{service} HTTP/1.1\r\n"
                        + "Host: x\r\nConnection: close\r\n\r\n"
                )
            );
        }

        using var client = new HttpClient();
        string metrics = await client.GetStringAsync(new Uri(front.Node.Admin, "/metrics"));
        Assert.DoesNotContain('\u001b', metrics);
        Assert.DoesNotContain("forged", metrics, StringComparison.Ordinal);
        string log = front.Node.Log;
        Assert.DoesNotContain('\u001b', log);
        Assert.DoesNotContain(
            log.Split(['\r', '\n']),
            static line => line.StartsWith("2026-01-01T00:00:00.000Z", StringComparison.Ordinal)
        );
    }
}
