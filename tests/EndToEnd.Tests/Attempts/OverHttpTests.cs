using System.Text;
using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Attempts;

/// <summary>What somebody without permission may try over HTTP. <c>docs/security.md</c> lists all attempts and their tests.</summary>
public sealed class OverHttpTests(AttemptStation station) : IClassFixture<AttemptStation>
{
    private string Path => "/" + station.Plans.Name;

    public static TheoryData<string, string, string> Poisons =>
        new()
        {
            { "a part of the pack", "", "Range: bytes=0-99" },
            { "a part of the pack, twice", "", "Range: bytes=0-9,20-29" },
            { "an answer that did not change", "", "If-None-Match: *\r\nIf-Modified-Since: Fri, 01 Jan 2100 00:00:00 GMT" },
            { "a coded answer", "", "Accept-Encoding: gzip, br, deflate" },
            { "another method", "", "X-HTTP-Method-Override: GET\r\nX-HTTP-Method: PUT" },
            { "another host", "", "X-Forwarded-Host: evil.example.test\r\nForwarded: host=evil.example.test" },
            { "another path", "", "X-Original-URL: /private/plans.git/git-upload-pack\r\nX-Rewrite-URL: /private/plans.git" },
            { "a field that CGI takes for another", "", "Git_Protocol: version=0\r\nContent_Type: text/plain" },
            { "a field for this hop", "", "Connection: Git-Protocol\r\nX-A: b" },
            { "a query that a server may read", "?service=git-receive-pack", "X-A: b" },
        };

    public static TheoryData<string> Traversals =>
        new(
            "/public/../private/plans.git",
            "/public/open.git/../../private/plans.git",
            "/public/%2e%2e/private/plans.git",
            "/public/..%2fprivate/plans.git",
            "/public/%252e%252e/private/plans.git",
            "/public/..;/private/plans.git",
            "/public/open.git/..%5c..%5cprivate/plans.git",
            "/public/%c0%ae%c0%ae/private/plans.git",
            "/public/open.git/%2e%2e/%2e%2e/private/plans.git",
            "/private/plans.git/objects/../../../public/open.git/../../private/plans.git",
            "/.waystation/../private/plans.git",
            "/.waystation/lfs/../../private/plans.git",
            "/../../../../etc",
            "/%2e%2e/%2e%2e/%2e%2e/etc",
            "http://127.0.0.1/private/plans.git",
            "http://127.0.0.1/public/../private/plans.git"
        );

    [Theory, MemberData(nameof(Traversals))]
    public async Task Traversal_GetsWhatThePrimarySays(string path)
    {
        foreach (
            string request in (string[])
                [
                    $"GET {path}/info/refs?service=git-upload-pack HTTP/1.1\r\nHost: 127.0.0.1\r\nGit-Protocol: version=2\r\n"
                        + "Connection: close\r\n\r\n",
                    $"GET {path}/HEAD HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n",
                    Encoding.Latin1.GetString(UploadPack.Post(path, AttemptStation.Host, UploadPack.Fetch([station.Tip]))),
                ]
        )
        {
            (RawAnswer direct, RawAnswer through) = await station.AskBothAsync(request);
            Assert.True(direct.Status >= 400, direct.Received);
            Assert.True(through.Status >= 400, through.Received);
            AssertNothingOfPlans(through);
        }
    }

    /// <summary>
    /// An anonymous client asks with something odd, and so might put a wrong answer under the key that the next anonymous client finds.
    /// </summary>
    [Theory, MemberData(nameof(Poisons))]
    public async Task Poison_ReachesNobodyElse(string what, string query, string fields)
    {
        PrimaryRepository repository = await station.Primary.CreateAsync($"public/{Guid.NewGuid():n}.git", new History(Seed: 63));
        string tip = await repository.ResolveAsync("refs/heads/main");
        foreach (string body in (string[])[UploadPack.LsRefs(), UploadPack.Fetch([tip])])
        {
            for (int i = 0; i < 2; i++)
            {
                string odd = Encoding.Latin1.GetString(UploadPack.Post("/" + repository.Name, AttemptStation.Host, body));
                odd = odd.Replace("git-upload-pack HTTP", $"git-upload-pack{query} HTTP", StringComparison.Ordinal)
                    .Replace("Connection: close", $"Connection: close\r\n{fields}", StringComparison.Ordinal);
                await RawConnection.AskAsync(station.Node.Url, Encoding.Latin1.GetBytes(odd));
                await RawConnection.AskAsync(
                    station.Node.Url,
                    Encoding.Latin1.GetBytes(
                        $"GET /{repository.Name}/info/refs?service=git-upload-pack HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                            + $"Git-Protocol: version=2\r\n{fields}\r\nConnection: close\r\n\r\n"
                    )
                );
            }

            byte[] honest = UploadPack.Post("/" + repository.Name, AttemptStation.Host, body);
            RawAnswer direct = await RawConnection.AskAsync(station.Primary.Url, honest),
                through = await RawConnection.AskAsync(station.Node.Url, honest);
            Assert.True(direct.Status == 200 && through.Status == 200, $"{what}: {through.Received}");
            Assert.Equal(AttemptStation.ObjectsIn(direct), AttemptStation.ObjectsIn(through));
            Assert.Null(through.Header("Content-Range"));
            if (body == UploadPack.LsRefs())
            {
                Assert.Equal(direct.Text, through.Text);
            }
        }

        // git reads the whole pack, and checks it against its trailer and the refs.
        using var folder = new TempFolder();
        await new GitClient(folder).RunAsync("clone", "--quiet", "--bare", station.Node.UrlOf(repository).AbsoluteUri, "through");
    }

    /// <summary>The rest of mallory's request must never stand before alice's next one on a connection to the primary.</summary>
    [Theory]
    [InlineData("length and chunks", "Content-Length: 6\r\nTransfer-Encoding: chunked")]
    [InlineData("chunks and length", "Transfer-Encoding: chunked\r\nContent-Length: 6")]
    [InlineData("two lengths", "Content-Length: 0\r\nContent-Length: 6")]
    [InlineData("coding with a tab", "Transfer-Encoding:\tchunked", true)]
    [InlineData("coding in two fields", "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity")]
    [InlineData("unknown coding", "Transfer-Encoding: xchunked\r\nContent-Length: 6")]
    [InlineData("space before the colon", "Transfer-Encoding : chunked")]
    public async Task Smuggling_PutsNothingBeforeAnotherUsersRequest(string what, string framing, bool isPlain = false)
    {
        string mark = Guid.NewGuid().ToString("n");
        for (int i = 0; i < 3; i++)
        {
            RawAnswer answer = await RawConnection.AskAsync(
                station.Node.Url,
                Encoding.ASCII.GetBytes(
                    $"POST /public/open.git/git-upload-pack HTTP/1.1\r\nHost: 127.0.0.1\r\n{AttemptStation.Login("mallory")}\r\n"
                        + $"{framing}\r\n\r\n0\r\n\r\nGET {Path}/smuggled-{mark} HTTP/1.1\r\nX: y\r\n"
                        + "Host: 127.0.0.1\r\nConnection: close\r\n\r\n"
                )
            );
            AssertNothingOfPlans(answer);
            await station.AssertAliceIsServedAsync();
        }

        // Of a request that has one end the rest is an honest request of mallory's own.
        Assert.True(isPlain || station.Primary.Requests.All(request => !request.Path.Contains(mark, StringComparison.Ordinal)), what);
    }

    [Theory]
    [InlineData("Connection: Authorization")]
    [InlineData("Connection: keep-alive, Authorization")]
    public async Task Login_ThatIsForThisHopOnly_IsNone_WhateverItsTicketSays(string connection)
    {
        string request = Encoding.Latin1.GetString(
            UploadPack.Post(Path, AttemptStation.Host, UploadPack.Fetch([station.Tip]), AttemptStation.Login("mallory"), connection)
        );
        (RawAnswer direct, RawAnswer through) = await station.AskBothAsync(
            request.Replace("Connection: close\r\n", "", StringComparison.Ordinal)
                + "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
        );
        Assert.True(direct.Status >= 400 && through.Status >= 400, through.Received);
        AssertNothingOfPlans(through);
        await station.AssertAliceIsServedAsync();
    }

    /// <summary>Servers read the first of two logins, or the last, or none: no order of them is another's ticket.</summary>
    [Theory]
    [InlineData("alice", "mallory")]
    [InlineData("mallory", "alice")]
    [InlineData("alice", "alice:wrong")]
    [InlineData("alice:wrong", "alice")]
    [InlineData("alice, mallory", "")]
    [InlineData("mallory, alice", "")]
    public async Task TwoLogins_AreReadAsThePrimaryReadsThem(string first, string second)
    {
        string LoginsOf(string names) =>
            string.Join(", Basic ", names.Split(", ").Select(static name => LoginOf(name)["Authorization: Basic ".Length..]));

        string[] fields =
        [
            .. ((string[])[first, second]).Where(static one => one.Length > 0).Select(one => "Authorization: Basic " + LoginsOf(one)),
        ];
        for (int i = 0; i < 2; i++)
        {
            (RawAnswer direct, RawAnswer through) = await station.AskBothAsync(
                Encoding.Latin1.GetString(UploadPack.Post(Path, AttemptStation.Host, UploadPack.Fetch([station.Tip]), fields))
            );
            Assert.Equal((direct.Status, AttemptStation.ObjectsIn(direct)), (through.Status, AttemptStation.ObjectsIn(through)));
        }

        await station.AssertAliceIsServedAsync();
    }

    /// <summary>A ticket of one primary is none for another, though login and path are the same.</summary>
    [Fact]
    public async Task TicketOfOneHost_IsNoneForAnother()
    {
        PrimaryRepository twin = await station.Other.CreateAsync(station.Plans.Name, new History(Seed: 64));
        string other = $"localhost:{station.Other.Url.Port}";
        byte[] fetch = UploadPack.Post(
            Path,
            other,
            UploadPack.Fetch([await twin.ResolveAsync("refs/heads/main")]),
            AttemptStation.Login("alice")
        );
        using (station.Other.Revoke("alice"))
        {
            Assert.Equal(401, (await RawConnection.AskAsync(station.Node.Url, fetch)).Status);
        }

        Assert.Equal(200, (await RawConnection.AskAsync(station.Node.Url, fetch)).Status);
        // The tip of the first primary's repository is nothing at the other one.
        byte[] foreign = UploadPack.Post(Path, other, UploadPack.Fetch([station.Tip]), AttemptStation.Login("alice"));
        AssertNothingOfPlans(await RawConnection.AskAsync(station.Node.Url, foreign));
        await station.AssertAliceIsServedAsync();
    }

    [Theory]
    [InlineData("localhost")]
    [InlineData("LOCALHOST.")]
    [InlineData("127.0.0.1.")]
    [InlineData("127.0.0.1@localhost")]
    [InlineData("localhost:80:80")]
    [InlineData("[::1]")]
    [InlineData("")]
    [InlineData("nowhere.example.test")]
    public async Task HostThatIsAnotherOrNone_GetsNothingOfThisPrimary(string host)
    {
        byte[] request = UploadPack.Post(Path, host, UploadPack.Fetch([station.Tip]), AttemptStation.Login("alice"));
        RawAnswer through = await RawConnection.AskAsync(station.Node.Url, request);
        Assert.True(through.Status >= 400, through.Received);
        AssertNothingOfPlans(through);
    }

    [Theory]
    [InlineData("GET", "/.waystation/")]
    [InlineData("GET", "/.waystation/farm/fetch")]
    [InlineData("POST", "/.waystation/farm/fetch")]
    [InlineData("POST", "/.waystation/farm/primary")]
    [InlineData("POST", "/%2ewaystation/farm/fetch")]
    [InlineData("POST", "/.waystation/hooks/github")]
    [InlineData("GET", "/.waystation/lfs/127.0.0.1/private/plans.git/4444444444444444444444444444444444444444444444444444444444444444")]
    [InlineData("POST", "/api/v1/repos/purge")]
    [InlineData("GET", "/api/v1/fetches")]
    [InlineData("GET", "/metrics")]
    public async Task InternalEndpoint_GivesNothing_AtTheClientsAddress(string method, string target)
    {
        RawAnswer answer = await RawConnection.AskAsync(
            station.Node.Url,
            Encoding.ASCII.GetBytes($"{method} {target} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{{}}")
        );
        Assert.InRange(answer.Status, 400, 499);
        Assert.DoesNotContain("waystation_", answer.Text, StringComparison.Ordinal);
        AssertNothingOfPlans(answer);
    }

    [Theory]
    [InlineData("GET /metrics HTTP/1.1\r\nHost: evil.example.test\r\n")]
    [InlineData("GET /metrics HTTP/1.1\r\nHost: 127.0.0.1.evil.example.test\r\n")]
    [InlineData("GET /metrics HTTP/1.1\r\nHost: localhost.evil.example.test\r\n")]
    [InlineData("GET /metrics HTTP/1.1\r\nHost: evil.example.test\r\nX-Forwarded-Host: localhost\r\n")]
    [InlineData("GET http://localhost/metrics HTTP/1.1\r\nHost: evil.example.test\r\n")]
    [InlineData("GET http://evil.example.test/metrics HTTP/1.1\r\nHost: evil.example.test\r\n")]
    [InlineData("POST /api/v1/repos/purge HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nOrigin: http://evil.example.test\r\n")]
    [InlineData("POST /api/v1/repos/purge HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n")]
    [InlineData("POST /api/v1/repos/purge HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=x\r\n")]
    [InlineData("GET /api/v1/repos/purge?repo=private/plans.git HTTP/1.1\r\nHost: localhost\r\n")]
    public async Task AdminAddress_ObeysNoWebPage(string head)
    {
        string body = $$"""{"repo":"{{station.Plans.Name}}"}""";
        RawAnswer answer = await RawConnection.AskAsync(
            station.Node.Admin,
            Encoding.ASCII.GetBytes($"{head}Content-Length: {body.Length}\r\nConnection: close\r\n\r\n{body}")
        );
        Assert.InRange(answer.Status, 400, 499);
        Assert.DoesNotContain("waystation_", answer.Text, StringComparison.Ordinal);
        Assert.Null(answer.Header("Access-Control-Allow-Origin"));
        await station.AssertAliceIsServedAsync();
    }

    private static string LoginOf(string name) =>
        name.Split(':') is [var user, var password] ? AttemptStation.Login(user, password) : AttemptStation.Login(name);

    private static void AssertNothingOfPlans(RawAnswer answer)
    {
        Assert.DoesNotContain("PACK\0", answer.Received, StringComparison.Ordinal);
        Assert.DoesNotContain("refs/heads/", answer.Received, StringComparison.Ordinal);
    }
}
