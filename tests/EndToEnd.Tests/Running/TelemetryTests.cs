using System.Text.Json;
using System.Text.RegularExpressions;
using Waystation.EndToEnd.Tests.Ssh;
using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Running;

/// <summary>Metrics, traces and logs as other programs take them: by OTLP, and the log as JSON.</summary>
public sealed partial class TelemetryTests : IDisposable
{
    /// <summary>The ids of a client's trace and span.</summary>
    private const string ClientTrace = "0af7651916cd43dd8448eb211c80319c";
    private const string ClientSpan = "b7ad6b7169203331";

    private readonly TempFolder _folder = new();

    [Theory]
    [InlineData("http", SshWay.Agent, true)]
    [InlineData("ssh", SshWay.Agent, false)]
    [InlineData("ssh", SshWay.Authority, false)]
    public async Task Export_HasTheTraceOfEachFetch_FromTheFrontEndToGit_AndNoSecret(string door, string way, bool isGrpc)
    {
        await using OtlpReceiver receiver = await OtlpReceiver.StartAsync(isGrpc);
        string fields = _folder["otlp-headers"];
        await File.WriteAllTextAsync(fields, "X-Tenant: builds, and more\n");
        await using SshWay node = await SshWay.StartAsync(
            way,
            "--Telemetry:OtlpUrl",
            receiver.Url,
            "--Telemetry:OtlpProtocol",
            isGrpc ? "grpc" : "http",
            "--Telemetry:OtlpHeadersFile",
            fields,
            "--Telemetry:MetricsInterval",
            "00:00:01"
        );
        PrimaryRepository repository = await node.Station.Web.CreateAsync("private/traced.git", new History(Seed: 181) { Commits = 5 });
        GitClient git = door == "http" ? new GitClient(_folder) : await node.GitOfAsync(node.Station.Alice);
        string address = door == "http" ? node.Node.UrlOf(repository, "alice").AbsoluteUri : node.AddressOf(repository);
        await git.With($"http.extraHeader=traceparent: 00-{ClientTrace}-{ClientSpan}-00")
            .RunAsync("clone", "--quiet", "--bare", address, "cold");
        await Eventually.TrueAsync("there is a mirror", () => Regex.IsMatch(node.Node.Log, $@"/{repository.Name}: .*mirror"));
        await git.RunAsync("clone", "--quiet", "--bare", "--depth", "1", address, "shallow");

        await Eventually.TrueAsync(
            "both fetches are exported",
            () => receiver.Spans.Count(static span => span is { Name: "fetch" } && span["outcome"] is "forward" or "local") >= 2
        );
        IReadOnlyList<OtlpSpan> spans = receiver.Spans;
        OtlpSpan cold = spans.Single(static span => span.Name == "fetch" && span["outcome"] == "forward");
        OtlpSpan local = spans.Single(static span => span.Name == "fetch" && span["outcome"] == "local");
        Assert.Equal((door, true), (cold["door"], cold["repository"]!.EndsWith(repository.Name, StringComparison.Ordinal)));
        OtlpSpan request = spans.Single(span => span.Id == cold.Parent);
        Assert.Equal(door, request.Name);
        Assert.Equal(door == "http" ? (ClientTrace, ClientSpan) : (request.Trace, ""), (request.Trace, request.Parent));
        Assert.Contains(spans, span => span.Trace == cold.Trace && span.Name == "upstream" && span["kind"] == "fetch");
        Assert.Contains(spans, span => span.Trace == local.Trace && span.Name == "turn");
        OtlpSpan made = spans.First(span => span.Trace == local.Trace && span.Name == "git" && span["command"]!.Contains("upload-pack"));
        Assert.Equal("0", made["exit_code"]);

        await Eventually.TrueAsync(
            "metrics and the log are exported",
            () => Exported("etrics").Contains("waystation_fetch_phase_seconds") && Exported("ogs").Contains("private/traced.git")
        );
        Assert.All(receiver.Messages, static message => Assert.Equal("builds, and more", message.Tenant));
        Assert.All(receiver.Messages, static message => Secrets.AssertNoneIn(message.Text, message.Path));

        string Exported(string kind) =>
            string.Concat(receiver.Messages.Where(one => one.Path.Contains(kind, StringComparison.Ordinal)).Select(static one => one.Text));
    }

    /// <summary>A log line, and a name with characters that would end it.</summary>
    [Fact]
    public async Task Log_IsJson_IfAsked()
    {
        var station = new Station();
        try
        {
            await station.StartAsync(new NodeSettings { Options = ["--Log:Format", "json"] });
            PrimaryRepository repository = await station.Primary.CreateAsync("public/json.git", new History(Seed: 182) { Commits = 2 });
            await new GitClient(_folder).RunAsync("clone", "--quiet", station.Node.UrlOf(repository).AbsoluteUri, "clone");
            await Eventually.TrueAsync("the fetch is logged", () => station.Node.Log.Contains("2001", StringComparison.Ordinal));
            await station.Node.StopAsync();

            JsonElement[] messages =
            [
                .. station
                    .Node.Log.Split('\n', StringSplitOptions.RemoveEmptyEntries)
                    .Select(static line => JsonDocument.Parse(line).RootElement),
            ];
            JsonElement fetch = messages.Single(static message => message.GetProperty("EventId").GetInt32() == 2001);
            Assert.Equal("Information", fetch.GetProperty("LogLevel").GetString());
            Assert.Matches(Time(), fetch.GetProperty("Timestamp").GetString());
            Assert.EndsWith("public/json.git", fetch.GetProperty("State").GetProperty("Repository").GetString(), StringComparison.Ordinal);
        }
        finally
        {
            await station.DisposeAsync();
        }
    }

    public void Dispose() => _folder.Dispose();

    [GeneratedRegex(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")]
    private static partial Regex Time();
}
