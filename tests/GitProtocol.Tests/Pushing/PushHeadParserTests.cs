using System.Buffers;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.Pushing;
using Waystation.TestKit.Wire;

namespace Waystation.GitProtocol.Tests.Pushing;

public sealed class PushHeadParserTests
{
    private const string Update = Ids.A + " " + Ids.B + " refs/heads/main",
        Deletion = Ids.A + " " + Ids.Zero + " refs/heads/gone";
    private const string Deletion256 = Ids.A256 + " 0000000000000000000000000000000000000000000000000000000000000000 refs/heads/gone";
    private const string Pack = "raw:PACK\0\0\0\u00020000";

    [Theory]
    [InlineData(true, ObjectFormat.Sha1, Update + "\0report-status agent=git/2", Lines.Flush)]
    [InlineData(true, ObjectFormat.Sha1, Deletion + "\0report-status", Update, Lines.Flush)]
    [InlineData(false, ObjectFormat.Sha1, Deletion + "\0report-status", Lines.Flush)]
    [InlineData(false, ObjectFormat.Sha1, Deletion, Lines.Flush)]
    [InlineData(false, ObjectFormat.Sha1, "shallow " + Ids.C, Deletion + "\0report-status", Lines.Flush)]
    [InlineData(false, ObjectFormat.Sha256, Deletion256 + "\0report-status object-format=sha256", Lines.Flush)]
    [InlineData(true, ObjectFormat.Sha1, Update + "-object-format=sha256\0report-status", Lines.Flush)]
    [InlineData(false, ObjectFormat.Sha1, Deletion + "-object-format=sha256\0report-status", Lines.Flush)]
    [InlineData(true, ObjectFormat.Sha1, Update + "\0report-status push-options", Lines.Flush, "skip", Lines.Flush)]
    [InlineData(true, ObjectFormat.Sha1, Update + "\0push-options\tquiet", Lines.Flush, Lines.Flush)]
    [InlineData(true, ObjectFormat.Sha1, Update + "\0report-status agent=git/push-options", Lines.Flush)]
    [InlineData(true, ObjectFormat.Sha1, Update + "\0report-status no-push-options session-id=push-options", Lines.Flush)]
    [InlineData(true, ObjectFormat.Sha1, Update + "\0report-status\0 push-options", Lines.Flush)]
    [InlineData(true, ObjectFormat.Sha1, Update + "-push-options\0report-status", Lines.Flush)]
    [InlineData(
        false,
        ObjectFormat.Sha1,
        "push-cert\0report-status push-options",
        "certificate version 0.1",
        "pusher Sana",
        "nonce 1",
        "push-option skip",
        "",
        Deletion,
        "-----BEGIN PGP SIGNATURE-----",
        "",
        "iQ==",
        "-----END PGP SIGNATURE-----",
        "push-cert-end",
        Lines.Flush,
        "skip",
        Lines.Flush
    )]
    [InlineData(
        true,
        ObjectFormat.Sha1,
        "push-cert\0report-status",
        "certificate version 0.1",
        "pusher Sana",
        "",
        Deletion,
        Update,
        "-----BEGIN SSH SIGNATURE-----",
        "-----END SSH SIGNATURE-----",
        "push-cert-end",
        Lines.Flush
    )]
    public void Head_EndsBeforeThePack_AndSaysWhetherThereIsOne(bool hasPack, ObjectFormat format, params string[] lines)
    {
        foreach (ReadOnlySequence<byte> bytes in Cuts.Of(Lines.ToBytes([.. lines, Pack])))
        {
            ReadOnlySequence<byte> rest = bytes;
            Assert.True(new PushHeadParser().TryRead(ref rest, out PushHead head));
            Assert.Equal(new PushHead(HasCommands: true, hasPack, format), head);
            Assert.Equal(Lines.ToBytes(Pack), rest.ToArray());
        }
    }

    [Fact]
    public void LoneFlush_IsTheClientTakingItsLeave()
    {
        var bytes = new ReadOnlySequence<byte>(Lines.ToBytes(Lines.Flush));
        Assert.True(new PushHeadParser().TryRead(ref bytes, out PushHead head));
        Assert.Equal((false, true), (head.HasCommands, bytes.IsEmpty));
    }

    [Theory, EveryTruncation(Update + "\0report-status push-options", Lines.Flush, "option", Lines.Flush)]
    public void PartialHead_IsReadOn_WhereItBrokeOff(ReadOnlySequence<byte> bytes)
    {
        byte[] whole = Lines.ToBytes(Update + "\0report-status push-options", Lines.Flush, "option", Lines.Flush, Pack);
        var parser = new PushHeadParser();
        ReadOnlySequence<byte> rest = bytes;
        Assert.False(parser.TryRead(ref rest, out _));
        var more = new ReadOnlySequence<byte>(whole.AsMemory((int)(bytes.Length - rest.Length)));
        Assert.True(parser.TryRead(ref more, out PushHead head));
        Assert.Equal(new PushHead(HasCommands: true, HasPack: true, ObjectFormat.Sha1), head);
        Assert.Equal(Lines.ToBytes(Pack), more.ToArray());
    }
}
