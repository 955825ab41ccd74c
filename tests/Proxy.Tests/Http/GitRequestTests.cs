using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Waystation.FetchCore.Observing;
using Waystation.Primaries.Http.Responses;
using Waystation.Proxy.Http.Requests;

namespace Waystation.Proxy.Tests.Http;

public sealed class GitRequestTests
{
    [Theory]
    [InlineData("GET", "/a/b.git/info/refs?service=git-upload-pack", "InfoRefs", "a/b.git")]
    [InlineData("GET", "/a/b/info/refs?x=1&service=git-upload-pack", "InfoRefs", "a/b")]
    [InlineData("GET", "//a%2Fb/info/refs?service=git-upload-pack", "InfoRefs", "/a%2Fb")]
    [InlineData("GET", "/a/info/refs?service=git-receive-pack", "ReceivePack", "a")]
    [InlineData("POST", "/a/git-upload-pack", "UploadPack", "a")]
    [InlineData("POST", "/a/git-receive-pack?x", "ReceivePack", "a")]
    [InlineData("GET", "/a/info/refs", "Other", "")]
    [InlineData("GET", "/a/info/refs?service=git-upload-pack&service=git-receive-pack", "Other", "")]
    [InlineData("HEAD", "/a/info/refs?service=git-upload-pack", "Other", "")]
    [InlineData("GET", "/a/git-upload-pack", "Other", "")]
    [InlineData("POST", "/git-upload-pack", "Other", "")]
    [InlineData("GET", "/a?/info/refs?service=git-upload-pack", "Other", "")]
    [InlineData("GET", "*", "Other", "")]
    public void Request_IsRecognised_ByItsRawTarget(string method, string target, string service, string path)
    {
        GitRequest git = From(method, target);

        Assert.Equal((service, path), (git.Service.ToString(), git.RepositoryPath));
    }

    [Fact]
    public void InfoRefsTarget_KeepsWhatIdentifies() =>
        Assert.Equal("/a/info/refs?service=git-upload-pack&token=x", From("POST", "/a/git-upload-pack?token=x").InfoRefsTarget);

    [Theory]
    [InlineData(ForwardReason.NotVisible, "not-visible")]
    [InlineData(ForwardReason.Unknown, "unknown")]
    public void Reason_IsATokenOfLowerCaseWords(ForwardReason reason, string word) => Assert.Equal(word, reason.ToWord());

    [Fact]
    public async Task JoinedStream_ReadsTheFirstPart_ThenTheRest()
    {
        await using var joined = new JoinedStream("first"u8.ToArray(), new MemoryStream("-rest"u8.ToArray()));
        using var all = new MemoryStream();
        await joined.CopyToAsync(all);

        Assert.Equal("first-rest"u8.ToArray(), all.ToArray());
    }

    private static GitRequest From(string method, string target)
    {
        var context = new DefaultHttpContext();
        context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget = target;
        context.Request.Method = method;
        return GitRequest.From(context);
    }
}
