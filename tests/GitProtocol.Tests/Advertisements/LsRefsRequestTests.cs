using System.Buffers;
using System.Text;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.Requests;

namespace Waystation.GitProtocol.Tests.Advertisements;

public sealed class LsRefsRequestTests
{
    [Fact]
    public void WrittenRequest_IsParsedToTheSame()
    {
        var request = new LsRefsRequest
        {
            Peel = true,
            Symrefs = true,
            Unborn = true,
            RefPrefixes = ["HEAD", "refs/heads/\u00ff"],
        };
        var writer = new ArrayBufferWriter<byte>();
        LsRefsRequestWriter.Write(writer, request, "waystation/1");
        Assert.Equal(
            "0014command=ls-refs\n0016agent=waystation/100010009peel\n000csymrefs\n000bunborn\n0014ref-prefix HEAD\n"
                + "001cref-prefix refs/heads/\u00ff\n0000",
            Encoding.Latin1.GetString(writer.WrittenSpan)
        );
        var parsed = Assert.IsType<ParsedCommand.LsRefs>(CommandParser.Parse(new ReadOnlySequence<byte>(writer.WrittenMemory)));
        Assert.Equal(request, parsed.Request);
    }

    [Fact]
    public void Request_CoversWhatItsPrefixesBegin()
    {
        Assert.True(LsRefsRequest.All(ObjectFormat.Sha1).Covers("refs/anything"));
        var some = new LsRefsRequest { RefPrefixes = ["refs/heads/", "HEAD"] };
        Assert.True(some.Covers("refs/heads/main") && some.Covers("HEAD"));
        Assert.False(some.Covers("refs/tags/v1") || some.Covers("refs/headsman"));
    }
}
