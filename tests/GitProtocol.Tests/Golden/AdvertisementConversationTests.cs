using System.Buffers;
using Waystation.GitProtocol.Advertisements;
using Waystation.GitProtocol.Requests;
using Waystation.GitProtocol.Tests.Advertisements;

namespace Waystation.GitProtocol.Tests.Golden;

/// <summary>The advertisements of real git.</summary>
public sealed class AdvertisementConversationTests
{
    public static TheoryData<string> InfoRefs => Recording.Named("-info-refs.response");

    public static TheoryData<string> LsRefsAnswers => Recording.Named("-ls-refs.response");

    public static TheoryData<string> LsRefsRequests => Recording.Named("-ls-refs.request");

    [Theory, MemberData(nameof(InfoRefs))]
    public void Advertisement_IsRead_HoweverItIsCut(string name)
    {
        byte[] bytes = Recording.Read(name);
        foreach (InfoRefsReader reader in Recording.CutsOf(bytes).Select(cut => Shown.To(new InfoRefsReader(), cut)))
        {
            Assert.True(reader.IsComplete);
            Assert.Equal((Recording.Version(name), Recording.Format(name)), (reader.Version, reader.ObjectFormat));
            Assert.Equal(reader.Version == 2, reader.Capabilities is not null);
            if (reader.Version == 2)
            {
                Assert.True(reader.Capabilities!.Supports("fetch", "shallow"));
            }
            else if (name.Contains("empty", StringComparison.Ordinal))
            {
                Assert.Empty(reader.Tips);
            }
            else
            {
                Assert.Equal("refs/heads/main", reader.Tips[0].SymrefTarget);
            }
        }
        Shown.NeverCompletes(() => new InfoRefsReader(), bytes);
    }

    [Theory, MemberData(nameof(LsRefsAnswers))]
    public void LsRefsAnswer_IsRead_HoweverItIsCut(string name)
    {
        byte[] bytes = Recording.Read(name);
        foreach (LsRefsReader reader in Recording.CutsOf(bytes).Select(cut => Shown.To(new LsRefsReader(Recording.Format(name)), cut)))
        {
            Assert.True(reader.IsComplete);
            if (name.Contains("empty", StringComparison.Ordinal))
            {
                Assert.Equal("refs/heads/main", reader.UnbornHeadTarget);
            }
            else
            {
                Assert.NotEmpty(reader.Tips);
            }
        }
        Shown.NeverCompletes(() => new LsRefsReader(Recording.Format(name)), bytes);
    }

    [Fact]
    public void V0AndV2_ShowTheSameTips()
    {
        InfoRefsReader v0 = Shown.To(new InfoRefsReader(), new ReadOnlySequence<byte>(Recording.Read("v0/ls-remote-1-info-refs.response")));
        byte[] answer = Recording.Read("v2/ls-remote-2-ls-refs.response");
        LsRefsReader v2 = Shown.To(new LsRefsReader(Waystation.GitProtocol.Objects.ObjectFormat.Sha1), new ReadOnlySequence<byte>(answer));
        Assert.Equal(v0.Tips, v2.Tips);
        Assert.Contains(v2.Tips, tip => tip is { Name: "refs/tags/v1.0", Peeled: not null });
    }

    [Theory, MemberData(nameof(LsRefsRequests))]
    public void LsRefsRequest_IsWrittenAgain_ByteForByte(string name)
    {
        byte[] bytes = Recording.Read(name);
        foreach (ReadOnlySequence<byte> cut in Recording.CutsOf(bytes))
        {
            LsRefsRequest request = Assert.IsType<ParsedCommand.LsRefs>(CommandParser.Parse(cut)).Request;
            var writer = new ArrayBufferWriter<byte>();
            LsRefsRequestWriter.Write(writer, request, Recording.Agent, sayObjectFormat: true);
            Assert.Equal(Recording.Text(bytes), Recording.Text(writer.WrittenSpan));
        }
    }

    [Theory, MemberData(nameof(InfoRefs))]
    public void OlderAdvertisement_IsWrittenAgain_ByteForByte(string name)
    {
        byte[] bytes = Recording.Read(name);
        InfoRefsReader reader = Shown.To(new InfoRefsReader(), new ReadOnlySequence<byte>(bytes));
        if (reader.Version == 2)
        {
            return;
        }

        var writer = new ArrayBufferWriter<byte>();
        InfoRefsWriter.WriteServiceLine(writer);
        InfoRefsWriter.Write(
            writer,
            reader.Version,
            reader.Tips,
            string.Join(' ', reader.V0Capabilities),
            reader.Shallows,
            reader.ObjectFormat
        );
        Assert.Equal(Recording.Text(bytes), Recording.Text(writer.WrittenSpan));
    }

    [Theory, MemberData(nameof(LsRefsAnswers))]
    public void LsRefsAnswer_IsWrittenAgain_ByteForByte(string name)
    {
        byte[] bytes = Recording.Read(name);
        LsRefsReader reader = Shown.To(new LsRefsReader(Recording.Format(name)), new ReadOnlySequence<byte>(bytes));
        var writer = new ArrayBufferWriter<byte>();
        LsRefsResponseWriter.Write(writer, reader.Tips, reader.UnbornHeadTarget);
        Assert.Equal(Recording.Text(bytes), Recording.Text(writer.WrittenSpan));
    }
}
