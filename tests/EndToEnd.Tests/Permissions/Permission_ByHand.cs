using System.Text;
using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Permissions;

/// <summary>
/// Hand-made requests for an object whose pack is in the cache, while the ticket of a client with permission is alive.
/// The node must answer each as the primary does, and no byte of a pack may be in any answer.
/// </summary>
public sealed class Permission_ByHand(WarmStation station) : IClassFixture<WarmStation>
{
    private readonly PrimaryRepository _repository = station.Repository;
    private readonly string _tip = station.Tip;

    public static TheoryData<string> Impostors =>
        new(
            "",
            "Authorization: Basic " + WarmStation.Base64("mallory:mallory-secret"),
            "Authorization: Basic " + WarmStation.Base64("alice:wrong"),
            "Authorization: Basic " + WarmStation.Base64("alice:"),
            "Authorization: Basic " + WarmStation.Base64("ALICE:alice-secret"),
            "Authorization: Basic " + WarmStation.Base64("alice:alice-secret ") + "AAAA",
            "Authorization: Basic",
            "Authorization: Basic !!!!",
            "Authorization: Bearer " + WarmStation.Base64("alice:alice-secret"),
            "Authorization: Digest username=\"alice\"",
            "Authorization: \u0001garbage",
            "Authorization: Basic " + WarmStation.Base64("mallory:mallory-secret") + "\r\nCookie: session=alice",
            "Cookie: session=alice",
            "X-Forwarded-User: alice\r\nX-Remote-User: alice\r\nREMOTE_USER: alice",
            "Proxy-Authorization: Basic " + WarmStation.Base64("alice:alice-secret"),
            "X-Forwarded-For: 127.0.0.1\r\nX-Real-IP: 127.0.0.1\r\nForwarded: for=127.0.0.1"
        );

    public static TheoryData<string> Spellings =>
        new(
            "/Private/plans.git",
            "/PRIVATE/PLANS.GIT",
            "/private/Plans.git",
            "/private/plans",
            "/private/plans.git/",
            "//private/plans.git",
            "/private//plans.git",
            "/private/./plans.git",
            "/public/../private/plans.git",
            "/private/plans.git/../plans.git",
            "/private/%70lans.git",
            "/%70rivate/plans.git",
            "/private%2Fplans.git",
            "/private/plans.git;v=1",
            "/private/plans.git%20",
            "/private/plans.git."
        );

    [Theory]
    [MemberData(nameof(Impostors))]
    public async Task Permission_IsRefusedAsDirect_WhenTheCredentialIsNotAlices(string headers)
    {
        foreach (string body in station.Wishes)
        {
            await CompareAsync("/" + _repository.Name, body, headers);
        }
    }

    [Theory]
    [MemberData(nameof(Spellings))]
    public async Task Permission_IsRefusedAsDirect_WhenThePathIsSpeltOtherwise(string path)
    {
        foreach (string body in station.Wishes)
        {
            await CompareAsync(path, body, "");
            await CompareAsync(path, body, "Authorization: Basic " + WarmStation.Base64("mallory:mallory-secret"));
        }
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("HEAD")]
    [InlineData("PUT")]
    [InlineData("DELETE")]
    [InlineData("OPTIONS")]
    [InlineData("post")]
    public async Task Permission_IsRefusedAsDirect_WhateverTheMethod(string method)
    {
        foreach (string path in (string[])["git-upload-pack", "info/refs?service=git-upload-pack", "HEAD", "objects/info/packs"])
        {
            byte[] request = Encoding.ASCII.GetBytes(
                $"{method} /{_repository.Name}/{path} HTTP/1.1\r\nHost: primary\r\nGit-Protocol: version=2\r\n"
                    + $"Content-Length: 0\r\nConnection: close\r\n\r\n"
            );
            await CompareAsync(request);
        }
    }

    [Theory]
    [InlineData("?service=git-upload-pack")]
    [InlineData("?access_token=alice-secret")]
    [InlineData("?user=alice&password=alice-secret")]
    [InlineData("?private_token=x")]
    public async Task Permission_IsRefusedAsDirect_WhenTheQueryPretends(string query)
    {
        byte[] body = Encoding.ASCII.GetBytes(UploadPack.Fetch([_tip]));
        byte[] head = Encoding.ASCII.GetBytes(
            $"POST /{_repository.Name}/git-upload-pack{query} HTTP/1.1\r\nHost: primary\r\nContent-Type: {UploadPack.RequestType}\r\n"
                + $"Git-Protocol: version=2\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n"
        );
        await CompareAsync([.. head, .. body]);
    }

    [Fact]
    public async Task Permission_IsAskedAgain_WhenAliceAddsAnotherIdentity()
    {
        // Two identities in one request are one credential of their own: the primary decides, not alice's ticket.
        string alice = "Authorization: Basic " + WarmStation.Base64("alice:alice-secret");
        int before = station.Primary.Requests.Count;
        RawAnswer answer = await WarmStation.AskAsync(
            station.Node.Url,
            _repository.Name,
            UploadPack.Fetch([_tip]),
            alice + "\r\nCookie: session=other"
        );
        Assert.Equal(200, answer.Status);
        await Eventually.TrueAsync("the primary was asked about this credential", () => station.Primary.Requests.Count > before);
    }

    [Fact]
    public async Task Permission_IsRefusedByTheNodeItself_WhenThePathHoldsANul()
    {
        RawAnswer through = await WarmStation.AskAsync(station.Node.Url, "private/plans.git%00", station.Wishes[0], "");
        Assert.Equal(400, through.Status);
        Assert.DoesNotContain("PACK", through.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Permission_CoversOnlyWhatIsVisible_WhenAnOrphanIsWanted()
    {
        string orphan = await _repository.CommitAsync("topic/1"); // other tests of the class ask for main only
        string alice = "Authorization: Basic " + WarmStation.Base64("alice:alice-secret");
        RawAnswer seen = await WarmStation.AskAsync(station.Node.Url, _repository.Name, UploadPack.Fetch([orphan]), alice);
        Assert.Equal(200, seen.Status);
        await _repository.GitAsync("update-ref", "refs/heads/topic/1", "refs/heads/topic/1~1");
        await WarmStation.AskAsync(station.Node.Url, _repository.Name, UploadPack.LsRefs(), alice);

        // The kept packs would answer each of these.
        foreach (string capabilities in (string[])["multi_ack_detailed no-done side-band-64k", "side-band", ""])
        {
            RawAnswer direct = await WarmStation.AskAsync(
                station.Primary.Url,
                _repository.Name,
                UploadPack.FetchV0(orphan, capabilities),
                alice
            );
            RawAnswer through = await WarmStation.AskAsync(
                station.Node.Url,
                _repository.Name,
                UploadPack.FetchV0(orphan, capabilities),
                alice
            );
            Assert.DoesNotContain("PACK", direct.Text, StringComparison.Ordinal);
            Assert.Equal((direct.Status, direct.Text), (through.Status, through.Text));
            Assert.Equal("waystation; fwd=bypass; detail=not-visible", through.Header("Cache-Status"));
        }
    }

    private Task CompareAsync(string path, string body, string headers) =>
        CompareAsync(UploadPack.Post(path, "primary", body, WarmStation.Lines(headers)));

    private async Task CompareAsync(byte[] request)
    {
        RawAnswer direct = await RawConnection.AskAsync(station.Primary.Url, request);
        RawAnswer through = await RawConnection.AskAsync(station.Node.Url, request);
        Assert.InRange(direct.Status, 400, 499);
        Assert.Equal(
            (direct.Status, direct.Text, direct.Header("WWW-Authenticate"), direct.Header("Content-Type")),
            (through.Status, through.Text, through.Header("WWW-Authenticate"), through.Header("Content-Type"))
        );
        Assert.DoesNotContain("PACK", through.Text, StringComparison.Ordinal);
    }
}
