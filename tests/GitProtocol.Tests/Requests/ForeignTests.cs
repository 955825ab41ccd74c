using System.Buffers;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.Requests;
using Waystation.TestKit.Wire;
using static Waystation.GitProtocol.Requests.ForeignReason;
using static Waystation.TestKit.Wire.Lines;

namespace Waystation.GitProtocol.Tests.Requests;

/// <summary>An unknown word is named, never skipped: two requests that differ in it must not share a response.</summary>
public sealed class ForeignTests
{
    [Theory]
    [InlineData(WantRef, "command=fetch", Delim, "want-ref refs/heads/main", "done", Flush)]
    [InlineData(DeepenNot, "command=fetch", Delim, "want " + Ids.A, "deepen-not refs/heads/main", "done", Flush)]
    [InlineData(PackfileUris, "command=fetch", Delim, "want " + Ids.A, "packfile-uris https", "done", Flush)]
    [InlineData(ServerOption, "command=fetch", "server-option=x", Delim, "want " + Ids.A, "done", Flush)]
    [InlineData(ServerOption, "command=ls-refs", "server-option=x", Delim, Flush)]
    [InlineData(UnknownCapability, "command=fetch", "promisor-remote=x", Delim, "want " + Ids.A, "done", Flush)]
    [InlineData(UnknownCapability, "command=fetch", "raw:0004", Delim, "want " + Ids.A, "done", Flush)]
    [InlineData(UnknownCapability, "command=fetch", "agent", Delim, "want " + Ids.A, "done", Flush)]
    [InlineData(UnknownArgument, "command=fetch", Delim, "want " + Ids.A, "mood good", "done", Flush)]
    [InlineData(UnknownArgument, "command=fetch", Delim, "want " + Ids.A, "done ", Flush)]
    [InlineData(UnknownArgument, "command=fetch", Delim, "want " + Ids.A, "Thin-pack", Flush)]
    [InlineData(UnknownArgument, "command=fetch", Delim, "want " + Ids.A, "raw:0004", Flush)]
    [InlineData(UnknownArgument, "command=ls-refs", Delim, "peel ", Flush)]
    [InlineData(UnknownCommand, "command=object-info", Delim, "size", Flush)]
    [InlineData(UnknownCommand, "command=fetch=x", Delim, Flush)]
    [InlineData(UnknownFilter, "command=fetch", Delim, "want " + Ids.A, "filter sparse:oid=main:x", "done", Flush)]
    [InlineData(NoWants, "command=fetch", Delim, "have " + Ids.A, "wait-for-done", Flush)]
    [InlineData(NoWants, "command=fetch", Flush)]
    [InlineData(EmptyRequest, Flush)]
    [InlineData(ByteOutOfPlace, "command=fetch", "agent=git/2\tx", Delim, "want " + Ids.A, "done", Flush)]
    [InlineData(ByteOutOfPlace, "command=fetch", "agent=git/2\0", Delim, "want " + Ids.A, "done", Flush)]
    [InlineData(ByteOutOfPlace, "command=fetch", "agent=git/2\nserver-option=x", Delim, "want " + Ids.A, "done", Flush)]
    [InlineData(ByteOutOfPlace, "command=fetch", "session-id=1\r", Delim, "want " + Ids.A, "done", Flush)]
    [InlineData(ByteOutOfPlace, "command=fetch", "agent=git/2\u007f", Delim, "want " + Ids.A, "done", Flush)]
    [InlineData(ByteOutOfPlace, "command=fetch", "agent=g\u00eft", Delim, "want " + Ids.A, "done", Flush)]
    [InlineData(ByteOutOfPlace, "command=ls-refs", Delim, "ref-prefix refs/\0heads/", Flush)]
    [InlineData(ByteOutOfPlace, "command=ls-refs", Delim, "ref-prefix refs/heads/\n", Flush)]
    [InlineData(ByteOutOfPlace, "command=ls-refs", Delim, "ref-prefix refs/\theads/", Flush)]
    [InlineData(UnknownArgument, "command=fetch", Delim, "want " + Ids.A, "done\0", Flush)]
    [InlineData(UnknownArgument, "command=fetch", Delim, "want " + Ids.A, "include-tag\0x", "done", Flush)]
    [InlineData(UnknownFilter, "command=fetch", Delim, "want " + Ids.A, "filter blob:none\0x", "done", Flush)]
    [InlineData(UnknownCommand, "command=fetch\0", Delim, "want " + Ids.A, "done", Flush)]
    public void RequestOfV2_ThatIsNotOurs_SaysWhy(ForeignReason reason, params string[] lines) =>
        Assert.All(Cuts.Of(ToBytes(lines)), bytes => Assert.Equal(new ParsedCommand.Foreign(reason), CommandParser.Parse(bytes)));

    [Theory]
    [InlineData(UnknownCapability, "want " + Ids.A + " mood", Flush, "done")]
    [InlineData(UnknownCapability, "want " + Ids.A + " thin-pack=1", Flush, "done")]
    [InlineData(UnknownCapability, "want " + Ids.A + " thin-pack", "want " + Ids.B + " include-tag", Flush, "done")]
    [InlineData(SecondRound, "want " + Ids.A, Flush, "have " + Ids.B, Flush, "have " + Ids.C, "done")]
    [InlineData(DeepenNot, "want " + Ids.A, "deepen-not refs/heads/x", Flush, "done")]
    [InlineData(UnknownFilter, "want " + Ids.A + " filter", "filter sparse:oid=x", Flush, "done")]
    [InlineData(NoWants, "shallow " + Ids.A, Flush, "done")]
    [InlineData(EmptyRequest, Flush)]
    [InlineData(ByteOutOfPlace, "want " + Ids.A + " agent=x\tinclude-tag", Flush, "done")]
    [InlineData(ByteOutOfPlace, "want " + Ids.A + " agent=x\rofs-delta", Flush, "done")]
    [InlineData(ByteOutOfPlace, "want " + Ids.A + " agent=x\ndeepen-relative", Flush, "done")]
    [InlineData(ByteOutOfPlace, "want " + Ids.A + " agent=x\0 include-tag", Flush, "done")]
    [InlineData(ByteOutOfPlace, "want " + Ids.A + " session-id=x\tthin-pack", Flush, "done")]
    [InlineData(ByteOutOfPlace, "want " + Ids.A + " session-id=x\0 thin-pack", Flush, "done")]
    [InlineData(ByteOutOfPlace, "want " + Ids.A + " agent=x\vy", Flush, "done")]
    [InlineData(ByteOutOfPlace, "want " + Ids.A + " agent=x\u0085thin-pack", Flush, "done")]
    [InlineData(ByteOutOfPlace, "want " + Ids.A + " agent=x\u00a0thin-pack", Flush, "done")]
    [InlineData(ByteOutOfPlace, "want " + Ids.A + " thin-pack\0", Flush, "done")]
    [InlineData(ByteOutOfPlace, "want " + Ids.A + " ofs-delta\n", Flush, "done")]
    public void RequestOfV0_ThatIsNotOurs_SaysWhy(ForeignReason reason, params string[] lines) =>
        Assert.All(
            Cuts.Of(ToBytes(lines)),
            bytes => Assert.Equal(new ParsedCommand.Foreign(reason), FetchRequestV0Parser.Parse(bytes, 0, ObjectFormat.Sha1))
        );

    /// <summary>Only printable ASCII is read as a capability: each other byte means something to some server.</summary>
    [Fact]
    public void CapabilityOfV0_IsReadHere_OnlyWhereEveryByteIsPlain()
    {
        for (int code = 0; code < 256; code++)
        {
            byte[] bytes = ToBytes($"want {Ids.A} agent=x{(char)code}y side-band-64k", Flush, "done");
            ParsedCommand command = FetchRequestV0Parser.Parse(new ReadOnlySequence<byte>(bytes), 0, ObjectFormat.Sha1);
            bool isPlain = code is > 0x20 and < 0x7f;
            // After a space the rest of the name is an unknown word.
            Assert.Equal(
                isPlain ? null
                    : code == 0x20 ? UnknownCapability
                    : ByteOutOfPlace,
                (command as ParsedCommand.Foreign)?.Reason
            );
        }
    }

    [Fact]
    public void ForeignCommand_IsTakenWhole_SoThatItsBytesCanBeForwarded()
    {
        var bytes = new ReadOnlySequence<byte>(ToBytes("command=object-info", Delim, "size", Flush, "command=ls-refs", Flush));
        ReadOnlySequence<byte> rest = bytes;
        Assert.True(CommandParser.TryReadCommand(ref rest, out _));
        Assert.Equal(ToBytes("command=object-info", Delim, "size", Flush), bytes.Slice(0, rest.Start).ToArray());
    }
}
