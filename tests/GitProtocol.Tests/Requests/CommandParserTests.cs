using System.Buffers;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.Requests;
using Waystation.TestKit.Wire;

namespace Waystation.GitProtocol.Tests.Requests;

public sealed class CommandParserTests
{
    [
        Theory,
        EveryCut(
            "command=fetch",
            "agent=git/2",
            "object-format=sha1",
            Lines.Delim,
            "thin-pack",
            "no-progress",
            "include-tag",
            "ofs-delta",
            "sideband-all",
            "wait-for-done",
            "shallow " + Ids.C,
            "deepen 3",
            "deepen-relative",
            "filter blob:limit=1k",
            "want " + Ids.A,
            "want " + Ids.B,
            "want " + Ids.A,
            "have " + Ids.D,
            "have " + Ids.D,
            "done",
            Lines.Flush
        )
    ]
    public void Fetch_IsRead_HoweverTheBytesArrive(ReadOnlySequence<byte> bytes)
    {
        ParsedCommand.Fetch fetch = Assert.IsType<ParsedCommand.Fetch>(CommandParser.Parse(bytes));
        Assert.True(FilterSpec.TryParse("blob:limit=1024", out FilterSpec? filter));
        Assert.Equal(
            new FetchRequest
            {
                Wants = Ids.Of(Ids.A, Ids.B),
                Haves = Ids.Of(Ids.D),
                Shallows = Ids.Of(Ids.C),
                Depth = 3,
                DeepenRelative = true,
                ThinPack = true,
                OfsDelta = true,
                IncludeTag = true,
                Pack = PackWhen.AtOnce,
                Filter = filter,
            },
            fetch.Request
        );
        Assert.Equal(new ResponseFraming { NoProgress = true, SidebandAll = true }, fetch.Framing);
    }

    [Theory]
    [InlineData(PackWhen.WhenReady)]
    [InlineData(PackWhen.AtOnce, "done")]
    [InlineData(PackWhen.AtOnce, "wait-for-done", "done")]
    [InlineData(PackWhen.Never, "wait-for-done")]
    public void Pack_ComesWhenTheClientSays(PackWhen expected, params string[] words)
    {
        byte[] bytes = Lines.ToBytes(["command=fetch", Lines.Delim, "want " + Ids.A, "have " + Ids.B, .. words, Lines.Flush]);
        ParsedCommand command = CommandParser.Parse(new ReadOnlySequence<byte>(bytes));
        Assert.Equal(expected, Assert.IsType<ParsedCommand.Fetch>(command).Request.Pack);
    }

    [
        Theory,
        EveryCut("command=fetch", "object-format=sha256", Lines.Delim, "want " + Ids.A256, "deepen-since 1700000000", "done", Lines.Flush)
    ]
    public void FetchOfSha256_IsRead_HoweverTheBytesArrive(ReadOnlySequence<byte> bytes)
    {
        FetchRequest request = Assert.IsType<ParsedCommand.Fetch>(CommandParser.Parse(bytes)).Request;
        Assert.Equal(ObjectId.Parse(Ids.A256), Assert.Single(request.Wants));
        Assert.Equal(1_700_000_000, request.DeepenSince);
        Assert.True(request.IsClone);
    }

    [
        Theory,
        EveryCut("command=ls-refs", "object-format=sha1", Lines.Delim, "peel", "symrefs", "unborn", "ref-prefix refs/heads/", Lines.Flush)
    ]
    public void LsRefs_IsRead_HoweverTheBytesArrive(ReadOnlySequence<byte> bytes)
    {
        LsRefsRequest request = Assert.IsType<ParsedCommand.LsRefs>(CommandParser.Parse(bytes)).Request;
        Assert.Equal(
            new LsRefsRequest
            {
                Peel = true,
                Symrefs = true,
                Unborn = true,
                RefPrefixes = ["refs/heads/"],
            },
            request
        );
    }

    [Theory]
    [EveryTruncation("command=fetch", "object-format=sha1", Lines.Delim, "want " + Ids.A, "done", Lines.Flush)]
    [EveryTruncation("command=ls-refs", Lines.Delim, "peel", Lines.Flush)]
    public void TruncatedBody_IsNeverARequest(ReadOnlySequence<byte> bytes)
    {
        Assert.Equal(ProtocolError.Truncated, Assert.Throws<GitProtocolException>(() => CommandParser.Parse(bytes)).Error);
        long before = bytes.Length;
        Assert.False(CommandParser.TryReadCommand(ref bytes, out ParsedCommand? command));
        Assert.Null(command);
        Assert.Equal(before, bytes.Length);
    }

    [
        Theory,
        EveryCut(
            "command=ls-refs",
            Lines.Delim,
            "peel",
            Lines.Flush,
            "command=fetch",
            Lines.Delim,
            "want " + Ids.A,
            "done",
            Lines.Flush,
            "command=object-info",
            Lines.Delim,
            "size",
            Lines.Flush,
            Lines.Flush
        )
    ]
    public void Channel_CarriesManyCommands_AndAFlushEndsIt(ReadOnlySequence<byte> bytes)
    {
        Assert.True(CommandParser.TryReadCommand(ref bytes, out ParsedCommand? first));
        Assert.True(CommandParser.TryReadCommand(ref bytes, out ParsedCommand? second));
        Assert.True(CommandParser.TryReadCommand(ref bytes, out ParsedCommand? third));
        Assert.True(CommandParser.TryReadCommand(ref bytes, out ParsedCommand? last));
        Assert.IsType<ParsedCommand.LsRefs>(first);
        Assert.IsType<ParsedCommand.Fetch>(second);
        Assert.Equal(new ParsedCommand.Foreign(ForeignReason.UnknownCommand), third);
        Assert.Null(last);
        Assert.True(bytes.IsEmpty);
    }

    [Fact]
    public void ScannedPlace_SparesWhatWasLookedThrough()
    {
        byte[] whole = Lines.ToBytes("command=fetch", Lines.Delim, "want " + Ids.A, "done", Lines.Flush);
        long scanned = 0;
        for (int length = 1; length < whole.Length; length++)
        {
            var part = new ReadOnlySequence<byte>(whole, 0, length);
            long before = scanned;
            Assert.False(CommandParser.TryReadCommand(ref part, ref scanned, out _));
            Assert.InRange(scanned, before, length);
        }
        Assert.Equal(whole.Length - 4, scanned);
        var all = new ReadOnlySequence<byte>(whole);
        Assert.True(CommandParser.TryReadCommand(ref all, ref scanned, out ParsedCommand? command));
        Assert.IsType<ParsedCommand.Fetch>(command);
        Assert.Equal(0, scanned);
    }

    [Theory]
    [InlineData(LsRefsRequest.MaxPrefixes, 10, true)]
    [InlineData(LsRefsRequest.MaxPrefixes + 1, 10, false)]
    [InlineData(4, LsRefsRequest.MaxPrefixBytes / 4, true)]
    [InlineData(4, (LsRefsRequest.MaxPrefixBytes / 4) + 1, false)]
    [InlineData(65_536, 10, false)]
    [InlineData(100_000, 10, false)]
    public void Prefixes_AreReadOnlyWhileTheyAreFew_AndNeverTakenForNone(int count, int length, bool isRead)
    {
        IEnumerable<string> prefixes = Enumerable.Range(0, count).Select(i => "ref-prefix " + i.ToString().PadLeft(length, 'x'));
        string[] lines = ["command=ls-refs", Lines.Delim, .. prefixes, Lines.Flush];
        ParsedCommand parsed = CommandParser.Parse(new ReadOnlySequence<byte>(Lines.ToBytes(lines)));
        if (isRead)
        {
            Assert.Equal(count, Assert.IsType<ParsedCommand.LsRefs>(parsed).Request.RefPrefixes.Count);
        }
        else
        {
            Assert.Equal(new ParsedCommand.Foreign(ForeignReason.TooManyPrefixes), parsed);
        }
    }

    [Theory]
    [InlineData(true, "command=fetch", Lines.Flush)]
    [InlineData(false, "want " + Ids.A, Lines.Flush)]
    [InlineData(false, Lines.Flush)]
    [InlineData(false, "raw:00")]
    public void Version_IsToldByTheFirstPacket(bool v2, params string[] lines) =>
        Assert.All(Cuts.Of(Lines.ToBytes(lines)), bytes => Assert.Equal(v2, CommandParser.LooksLikeV2(bytes)));
}
