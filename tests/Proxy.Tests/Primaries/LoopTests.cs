using System.Net;
using Waystation.Primaries.Loops;
using Waystation.Proxy.Tests.Servers;
using Waystation.TestKit.Servers;

namespace Waystation.Proxy.Tests.Primaries;

/// <summary>A node whose primary's address leads back to it says so at its start, or when the first request comes back.</summary>
public sealed class LoopTests
{
    [Theory]
    [InlineData("http://127.0.0.1:{0}", "127.0.0.1:{0}", "http://127.0.0.1:0")]
    [InlineData("http://0.0.0.0:{0}", "localhost:{0}", "http://127.0.0.1:0")]
    [InlineData("http://127.0.0.1:0", "127.0.0.1:{0}", "http://127.0.0.1:{0}")]
    public async Task Start_IsRefused_WhenThePrimaryIsThisNode(string listen, string primary, string admin)
    {
        using var folder = new TempFolder();
        int port = FreePort.Find();
        CommandResult result = await new Command(
            Checkout.Program,
            "serve",
            "--primary",
            "http://git.example.test",
            "--primary-address",
            At(primary),
            "--data",
            folder["data"],
            "--listen",
            At(listen),
            "--admin",
            At(admin),
            "--Tls:AllowPlain",
            "true"
        )
        {
            WorkingDirectory = folder.FullPath,
            Environment = new Dictionary<string, string> { ["HOME"] = folder.FullPath, ["DOTNET_ROOT"] = Checkout.DotnetRoot },
        }.RunAsync();

        Assert.Equal((2, ""), (result.ExitCode, result.Output));
        Assert.Contains("where this node itself listens", result.Error, StringComparison.Ordinal);
        Assert.Contains("Primaries:0:Address", result.Error, StringComparison.Ordinal);

        string At(string address) => string.Format(System.Globalization.CultureInfo.InvariantCulture, address, port);
    }

    [Fact]
    public async Task Request_ThatComesBackByAnotherNode_IsEnded()
    {
        int[] ports = [FreePort.Find(), FreePort.Find()];
        await using WaystationNode one = await StartAsync(ports[0], ports[1]);
        await using WaystationNode two = await StartAsync(ports[1], ports[0]);
        using HttpClient client = Front.NewClient();

        foreach (string target in (string[])["/page", "/team/tool.git/info/refs?service=git-upload-pack"])
        {
            using HttpResponseMessage answer = await client.GetAsync(new Uri(one.Url, target));
            Assert.Equal(HttpStatusCode.LoopDetected, answer.StatusCode);
            Assert.Contains("leads back to this node", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }

        await Eventually.TrueAsync("the log says it", () => one.Log.Contains("came back to this node", StringComparison.Ordinal));
        Assert.DoesNotContain("came back to this node", two.Log, StringComparison.Ordinal);
    }

    [Fact]
    public void Marks_OfOtherNodes_ArePassedOn()
    {
        const string Other = "waystation-0123456789abcdef";

        Assert.True(NodeMark.TryBeginSession(null));
        Assert.True(NodeMark.TryBeginSession($"{Other} anything waystation-x"));
        Assert.Equal($"{Other} {NodeMark.Own}", NodeMark.Chain);
        Assert.False(NodeMark.TryBeginSession($"{Other} {NodeMark.Own}"));
        Assert.False(NodeMark.TryBeginSession(new string('x', 5000)));
        Assert.True(NodeMark.IsIn(["1.1 proxy, 2.0 waystation-0123456789abcdef", $"1.1 front, {NodeMark.Via}"]));
        Assert.False(NodeMark.IsIn(["1.1 waystation", null, "1.1 waystation-0123456789abcdef (x)"]));
    }

    private static Task<WaystationNode> StartAsync(int port, int primary) =>
        WaystationNode.StartAsync(
            new Uri("http://git.example.test"),
            new NodeSettings { Listen = [$"http://127.0.0.1:{port}"], Options = ["--primary-address", $"127.0.0.1:{primary}"] }
        );
}
