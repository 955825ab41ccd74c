using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Caching;

/// <summary>Requests of v0 in forms that today's git no longer sends, but old and small clients do.</summary>
public sealed class OlderProtocolByHandTests(Station station) : IClassFixture<Station>
{
    private static readonly string[] s_framings = ["side-band-64k", "side-band", "", "multi_ack", "multi_ack_detailed no-done side-band"];

    [Fact]
    public async Task OnePack_IsToldInEveryFraming_AsTheClientAskedForIt()
    {
        PrimaryRepository repository = await NewRepositoryAsync(new History(Seed: 27) { IncompressibleBytes = 1 << 20 });
        string tip = await repository.ResolveAsync("refs/heads/main");
        var packs = new List<string>();
        foreach (string framing in s_framings)
        {
            RawAnswer answer = await AskAsync(station.Node.Url, repository, UploadPack.FetchV0(tip, framing));
            Assert.Equal(packs.Count == 0 ? "waystation; fwd=miss; stored" : "waystation; hit", answer.Header("Cache-Status"));
            Assert.Equal("application/x-git-upload-pack-result", answer.Header("Content-Type"));
            Assert.StartsWith("0008NAK\n", answer.Text, StringComparison.Ordinal);
            packs.Add(Unframe(answer.Body.AsMemory(8), framing));
        }

        RawAnswer v2 = await AskAsync(station.Node.Url, repository, UploadPack.Fetch([tip]));
        Assert.Equal("waystation; hit", v2.Header("Cache-Status"));
        packs.Add(Unframe(v2.Body.AsMemory("000dpackfile\n".Length), "side-band-64k"));
        Assert.Single(packs.Distinct(StringComparer.Ordinal));
        Assert.Equal(1, repository.PacksMade);
    }

    [Theory]
    [InlineData("")]
    [InlineData("side-band")]
    public async Task FirstAnswer_GoesIntoTheCache_HoweverItIsFramed(string framing)
    {
        PrimaryRepository repository = await NewRepositoryAsync(new History(Seed: 28));
        string tip = await repository.ResolveAsync("refs/heads/main");
        RawAnswer direct = await AskAsync(station.Primary.Url, repository, UploadPack.FetchV0(tip, framing));
        RawAnswer first = await AskAsync(station.Node.Url, repository, UploadPack.FetchV0(tip, framing));
        Assert.Equal("waystation; fwd=miss; stored", first.Header("Cache-Status"));
        Assert.Equal(Unframe(direct.Body.AsMemory(8), framing).Length, Unframe(first.Body.AsMemory(8), framing).Length);
        RawAnswer v2 = await AskAsync(station.Node.Url, repository, UploadPack.Fetch([tip]));
        Assert.Equal("waystation; hit", v2.Header("Cache-Status"));
    }

    [Fact]
    public async Task Boundary_ComesBeforeThePack_InOneRequestAsInTwo()
    {
        PrimaryRepository repository = await NewRepositoryAsync(new History(Seed: 29));
        string tip = await repository.ResolveAsync("refs/heads/main");
        string needs = UploadPack.Line($"want {tip} side-band-64k ofs-delta no-progress\n") + UploadPack.Line("deepen 1") + "0000";
        RawAnswer boundary = await AskAsync(station.Node.Url, repository, needs);
        Assert.Equal("waystation; fwd=bypass; detail=no-pack", boundary.Header("Cache-Status"));
        Assert.Equal(UploadPack.Line($"shallow {tip}") + "0000", boundary.Text);
        for (int round = 0; round < 2; round++)
        {
            RawAnswer answer = await AskAsync(station.Node.Url, repository, needs + UploadPack.Line("done\n"));
            Assert.Equal(round == 0 ? "waystation; fwd=miss; stored" : "waystation; hit", answer.Header("Cache-Status"));
            string start = UploadPack.Line($"shallow {tip}") + "0000" + "0008NAK\n";
            Assert.StartsWith(start, answer.Text, StringComparison.Ordinal);
            Unframe(answer.Body.AsMemory(start.Length), "side-band-64k");
        }
    }

    [Theory]
    [InlineData("multi_ack_detailed no-done side-band-64k", "")]
    [InlineData("multi_ack_detailed side-band-64k", "")]
    [InlineData("multi_ack side-band-64k", "")]
    [InlineData("side-band-64k", "")]
    [InlineData("multi_ack_detailed side-band-64k", "done\n")]
    [InlineData("side-band-64k", "done\n")]
    [InlineData("multi_ack", "done\n")]
    [InlineData("", "done\n")]
    public async Task Haves_AreAcknowledged_AsTheClientAskedForIt(string capabilities, string end)
    {
        PrimaryRepository repository = await NewRepositoryAsync(new History(Seed: 30));
        string tip = await repository.ResolveAsync("refs/heads/main"),
            have = await repository.ResolveAsync("refs/heads/main~5");
        string body =
            UploadPack.Line($"want {tip} {capabilities} ofs-delta no-progress\n")
            + "0000"
            + UploadPack.Line($"have {have}\n")
            + (end.Length > 0 ? UploadPack.Line(end) : "0000");
        RawAnswer direct = await AskAsync(station.Primary.Url, repository, body);
        for (int round = 0; round < 3; round++)
        {
            RawAnswer through = await AskAsync(station.Node.Url, repository, body);
            string[] said = Acknowledgments(direct),
                again = Acknowledgments(through);
            // Single acknowledgments in reply to done help no client and are not kept; the last one is the same.
            Assert.Equal(end.Length > 0 ? said[^1..] : said, again);
            Assert.Equal(direct.Text.Contains("PACK", StringComparison.Ordinal), through.Text.Contains("PACK", StringComparison.Ordinal));
        }
    }

    /// <summary>git sends ACK again for a have that is a parent of the first, to clients such as go-git that know no multi_ack.</summary>
    [Theory]
    [InlineData("side-band-64k")]
    [InlineData("side-band")]
    [InlineData("")]
    public async Task SingleAck_IsReadAsOften_AsThePrimarySaysIt(string framing)
    {
        PrimaryRepository repository = await NewRepositoryAsync(new History(Seed: 33));
        string tip = await repository.ResolveAsync("refs/heads/main");
        string[] haves = [await repository.ResolveAsync("refs/heads/main~4"), await repository.ResolveAsync("refs/heads/main~5")];
        string body =
            UploadPack.Line($"want {tip} {framing} ofs-delta no-progress\n")
            + "0000"
            + string.Concat(haves.Select(static have => UploadPack.Line($"have {have}\n")))
            + UploadPack.Line("done\n");
        RawAnswer direct = await AskAsync(station.Primary.Url, repository, body),
            through = await AskAsync(station.Node.Url, repository, body);
        Assert.Equal(2, Acknowledgments(direct).Length);
        Assert.StartsWith("waystation; fwd=miss", through.Header("Cache-Status"), StringComparison.Ordinal);
        Assert.Equal($"ACK {haves[1]}\n", Assert.Single(Acknowledgments(through)));
        int head = UploadPack.Line($"ACK {haves[0]}\n").Length;
        Assert.Equal(Unframe(direct.Body.AsMemory(2 * head), framing), Unframe(through.Body.AsMemory(head), framing));
    }

    [Theory]
    [InlineData("")]
    [InlineData("0000")]
    public async Task RoundWithoutHaves_IsAnsweredAsDirect_WhereThereIsAMirror(string end)
    {
        PrimaryRepository repository = await NewRepositoryAsync(new History(Seed: 32));
        string tip = await repository.ResolveAsync("refs/heads/main");
        await AskAsync(station.Node.Url, repository, UploadPack.FetchV0(tip));
        await Eventually.TrueAsync(
            "there is a mirror",
            async () =>
            {
                RawAnswer shallow = await AskAsync(
                    station.Node.Url,
                    repository,
                    UploadPack.Fetch([await repository.ResolveAsync("refs/heads/main~3")], "deepen 2")
                );
                return shallow.Header("Cache-Status") == "waystation; hit; detail=local";
            }
        );
        string round = UploadPack.Line($"want {tip} multi_ack_detailed no-done side-band-64k\n") + "0000" + end;
        RawAnswer direct = await AskAsync(station.Primary.Url, repository, round),
            through = await AskAsync(station.Node.Url, repository, round);
        Assert.Equal((direct.Status, direct.Text), (through.Status, through.Text));
    }

    [Theory]
    [InlineData("")]
    [InlineData("side-band")]
    [InlineData("side-band-64k")]
    public async Task BrokenPack_NeverLooksWhole_AndIsNotKept(string framing)
    {
        PrimaryRepository repository = await NewRepositoryAsync(new History(Seed: 31) { IncompressibleBytes = 1 << 20 });
        string body = UploadPack.FetchV0(await repository.ResolveAsync("refs/heads/main"), framing);
        using (repository.BreakPacks(PackBreak.Die, afterBytes: 500_000))
        {
            RawAnswer broken = await AskAsync(station.Node.Url, repository, body);
            bool ends = broken.Received.EndsWith("\r\n0\r\n\r\n", StringComparison.Ordinal);
            if (framing.Length == 0)
            {
                Assert.False(ends, "an answer without a sideband can tell its failure only by breaking");
            }
            else
            {
                Assert.False(broken.Text.EndsWith("0000", StringComparison.Ordinal), "the answer ended as if it were whole");
            }
        }

        RawAnswer whole = await AskAsync(station.Node.Url, repository, body);
        Assert.Equal("waystation; fwd=miss; stored", whole.Header("Cache-Status"));
        Unframe(whole.Body.AsMemory(8), framing);
    }

    [Fact]
    public async Task BodyOfV0_IsLeftToThePrimary_WhenItsHeaderNamesV2()
    {
        PrimaryRepository repository = await NewRepositoryAsync(new History(Seed: 27));
        byte[] request = UploadPack.Post(
            "/" + repository.Name,
            "primary",
            UploadPack.FetchV0(await repository.ResolveAsync("refs/heads/main")),
            "Git-Protocol: version=2"
        );
        RawAnswer direct = await RawConnection.AskAsync(station.Primary.Url, request),
            through = await RawConnection.AskAsync(station.Node.Url, request);
        Assert.Equal((direct.Status, direct.Text), (through.Status, through.Text));
        Assert.Equal("waystation; fwd=bypass; detail=malformed", through.Header("Cache-Status"));
    }

    private static string[] Acknowledgments(RawAnswer answer)
    {
        var lines = new List<string>();
        int at = 0;
        while (at + 8 <= answer.Text.Length && answer.Text[(at + 4)..(at + 7)] is "ACK" or "NAK")
        {
            int length = Convert.ToInt32(answer.Text[at..(at + 4)], 16);
            lines.Add(answer.Text[(at + 4)..(at + length)]);
            at += length;
        }

        return [.. lines];
    }

    private static int LengthAt(byte[] packets, int at) =>
        int.Parse(Encoding.ASCII.GetString(packets, at, 4), NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    /// <summary>The pack, as the digest in its trailer, which must be that of the bytes before it.</summary>
    [SuppressMessage("Security", "CA5350", Justification = "The trailer of a SHA-1 repository's pack is SHA-1.")]
    private static string Unframe(ReadOnlyMemory<byte> body, string framing)
    {
        byte[] pack = body.ToArray();
        if (framing.Contains("side-band", StringComparison.Ordinal))
        {
            using var bands = new MemoryStream();
            int at = 0;
            int length;
            while ((length = LengthAt(pack, at)) > 0)
            {
                Assert.InRange(length, 5, framing.Contains("64k", StringComparison.Ordinal) ? 65_520 : 1_000);
                Assert.Equal(1, pack[at + 4]);
                bands.Write(pack, at + 5, length - 5);
                at += length;
            }

            Assert.Equal(pack.Length, at + 4);
            pack = bands.ToArray();
        }

        Assert.Equal("PACK", Encoding.ASCII.GetString(pack, 0, 4));
        string trailer = Convert.ToHexStringLower(pack[^20..]);
        Assert.Equal(trailer, Convert.ToHexStringLower(SHA1.HashData(pack.AsSpan(0, pack.Length - 20))));
        return trailer;
    }

    private static Task<RawAnswer> AskAsync(Uri door, PrimaryRepository repository, string body) =>
        RawConnection.AskAsync(door, UploadPack.Post("/" + repository.Name, "primary", body));

    private Task<PrimaryRepository> NewRepositoryAsync(History history) =>
        station.Primary.CreateAsync($"public/{Guid.NewGuid():n}.git", history);
}
