using Microsoft.Extensions.Logging.Abstractions;
using Waystation.Primaries;
using Waystation.Primaries.Http.Connections;
using Waystation.Proxy.Tests.Servers;

namespace Waystation.Proxy.Tests.Primaries;

/// <summary>Two checks of a request target: where it is made, and where it is sent.</summary>
public sealed class StrictTargetsTests : IDisposable
{
    private static readonly string[] s_badTargets =
    [
        "/a HTTP/1.1\r\nHost: x\r\n\r\nDELETE /b",
        "/a\n",
        "/a\r",
        "/a b",
        "/a\tb",
        "/a\0",
        "/a\u007F",
        "/\u00E4",
        "/a?x=\r\ny",
        "@evil.example/a",
        "a",
        "",
    ];

    private readonly Primary _primary = new(
        new PrimaryOptions { Url = new Uri("http://127.0.0.1:9/") },
        TimeProvider.System,
        NullLogger<Primary>.Instance
    );

    public static TheoryData<string> BadTargets { get; } = [.. s_badTargets];

    [Theory]
    [MemberData(nameof(BadTargets))]
    public void NoTarget_IsMadeOfIt(string target) => Assert.Throws<ArgumentException>(() => _primary.Http.UriOf(target));

    [Fact]
    public async Task NoRequest_IsSentWithIt()
    {
        await using ScriptedPrimary server = await ScriptedPrimary.StartAsync();
        using var invoker = new HttpMessageInvoker(new StrictTargets(new SocketsHttpHandler()));
        foreach (string target in s_badTargets.Where(static target => target.StartsWith('/')))
        {
            using var request = new HttpRequestMessage(
                HttpMethod.Get,
                new Uri(
                    $"http://{server.Authority}{target}",
                    new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }
                )
            );
            await Assert.ThrowsAsync<InvalidOperationException>(() => invoker.SendAsync(request, CancellationToken.None));
        }

        Assert.Empty(server.Requests);
    }

    [Theory]
    [InlineData("team/tool.git", "team/tool.git")]
    [InlineData("//team//./tool x.git", "team/tool%20x.git")]
    [InlineData("~me/tool.git", "~me/tool.git")]
    [InlineData("team/../tool.git", null)]
    [InlineData("/..", null)]
    [InlineData("/", null)]
    public void PathOverSsh_BecomesAPathOverHttp_OrNone(string path, string? target) =>
        Assert.Equal(target, _primary.HttpPathOverSsh(path));

    public void Dispose() => _primary.Dispose();
}
