using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Waystation.TestKit.Servers;

/// <summary>
/// One node as an operator runs it: the program in a process of its own, known only by its ready line, its addresses,
/// its data folder and its exit code.
/// </summary>
public sealed partial class WaystationNode : IAsyncDisposable
{
    private static readonly TimeSpan s_startTimeout = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan s_stopTimeout = TimeSpan.FromSeconds(40);
    private static readonly TimeSpan s_pagesTimeout = TimeSpan.FromSeconds(2);
    private static readonly HttpClient s_http = new();

    private readonly TempFolder _folder = new();
    private readonly NodeSettings _settings;
    private readonly StringBuilder _log = new();
    private IReadOnlyList<string> _listen = ["http://127.0.0.1:0"];
    private string _admin = "http://127.0.0.1:0";
    private Process? _process;
    private Task<string> _furtherOutput = Task.FromResult("");

    private WaystationNode(NodeSettings settings) => this._settings = settings;

    /// <summary>The first client address.</summary>
    public Uri Url => Urls[0];

    public IReadOnlyList<Uri> Urls { get; private set; } = [];

    public Uri Admin { get; private set; } = new("http://unknown.invalid/");

    /// <summary>Host and port for SSH clients; <c>off</c> without.</summary>
    public string Ssh { get; private set; } = "off";

    public string DataFolder => _settings.DataFolder ?? _folder["data"];

    /// <summary>The ready line as it was printed.</summary>
    public string ReadyLine { get; private set; } = "";

    /// <summary>What came on standard output after the ready line until the node was stopped: nothing, by the contract.</summary>
    public string OutputAfterReady { get; private set; } = "";

    public int ProcessId => _process?.Id ?? throw new InvalidOperationException("the node is not running");

    public bool IsRunning => _process is { HasExited: false };

    /// <summary>What the node wrote to its standard error since the first start.</summary>
    public string Log
    {
        get
        {
            lock (_log)
            {
                return _log.ToString();
            }
        }
    }

    public static async Task<WaystationNode> StartAsync(Uri primary, NodeSettings? settings = null)
    {
        ArgumentNullException.ThrowIfNull(primary);
        settings ??= new NodeSettings();
        var node = new WaystationNode(settings with { Primary = primary });
        (node._listen, node._admin) = (settings.Listen, settings.Admin);
        try
        {
            await node.LaunchAsync();
            return node;
        }
        catch
        {
            await node.DisposeAsync();
            throw;
        }
    }

    public Uri UrlOf(PrimaryRepository repository, string? user = null) => Url.To(repository, user);

    /// <summary>Ends the node as an operator does, by SIGTERM, and returns its exit code.</summary>
    public async Task<int> StopAsync()
    {
        if (_process is null)
        {
            throw new InvalidOperationException("the node is not running");
        }

        Unix.Terminate(_process.Id);
        try
        {
            await _process.WaitForExitAsync().WaitAsync(s_stopTimeout);
        }
        catch (TimeoutException late)
        {
            Kill();
            throw new TimeoutException($"the node did not end within {s_stopTimeout.TotalSeconds} s of SIGTERM; its log:\n{Log}", late);
        }

        int code = _process.ExitCode;
        OutputAfterReady = await _furtherOutput;
        _process.Dispose();
        _process = null;
        return code;
    }

    /// <summary>Ends the node as a power cut does. The git programs that it started are killed with it.</summary>
    public void Kill()
    {
        if (_process is null)
        {
            return;
        }

        _process.Kill(entireProcessTree: true);
        _process.WaitForExit();
        _process.Dispose();
        _process = null;
    }

    /// <summary>Ends the node alone, as the kernel does when memory is short: the git programs that it started learn it from their
    /// pipes.</summary>
    public void KillAlone()
    {
        if (_process is null)
        {
            return;
        }

        Unix.Kill(_process.Id);
        _process.WaitForExit();
        _process.Dispose();
        _process = null;
    }

    /// <summary>Starts the node again with the same data, on the same addresses.</summary>
    public Task StartAgainAsync() => LaunchAsync();

    /// <summary>What the metrics address says now.</summary>
    public async Task<NodeMetrics> MetricsAsync() => NodeMetrics.Parse(await s_http.GetStringAsync(new Uri(Admin, "/metrics")));

    /// <summary>Waits until this node sees so many active nodes in its farm, itself among them.</summary>
    public Task MeetsAsync(int nodes) =>
        Eventually.TrueAsync(
            $"{Url} sees {nodes} active nodes",
            async () =>
            {
                using JsonDocument list = JsonDocument.Parse(await s_http.GetStringAsync(new Uri(Admin, "/api/v1/nodes")));
                return list.RootElement.EnumerateArray().Count(static node => node.GetProperty("state").GetString() == "active") == nodes;
            }
        );

    /// <summary>Asks this node to drain, as an operator does before it is stopped.</summary>
    public async Task DrainAsync()
    {
        using var question = new StringContent("""{"action":"drain"}""", Encoding.UTF8, "application/json");
        using HttpResponseMessage answer = await s_http.PostAsync(new Uri(Admin, "/api/v1/nodes"), question);
        answer.EnsureSuccessStatusCode();
    }

    /// <summary>Whether nodes are measured. They then run as a user's do: nothing searches what they export, and the runtime has its
    /// defaults.</summary>
    public static bool AreMeasured { get; set; }

    /// <summary>Memory that the process holds now, in bytes.</summary>
    public long ResidentBytes => StatusBytes("VmRSS");

    /// <summary>The most memory that the process held since <see cref="ForgetPeak"/>, in bytes.</summary>
    public long PeakResidentBytes => StatusBytes("VmHWM");

    public void ForgetPeak() => File.WriteAllText($"/proc/{ProcessId}/clear_refs", "5");

    /// <exception cref="InvalidOperationException">A secret is in the log or on a page of this node, or some node exported one.</exception>
    public async ValueTask DisposeAsync()
    {
        string pages = IsRunning ? await PagesAsync() : "";
        Kill();
        _folder.Dispose();
        Secrets.AssertNoneIn(Log, "the node's log");
        Secrets.AssertNoneIn(pages, "a page of the admin address");
        ExportSearch.AssertNoSecret();
    }

    /// <summary>What an operator sees of all that happened; empty if the node does not answer, or wants a token.</summary>
    private async Task<string> PagesAsync()
    {
        try
        {
            using var late = new CancellationTokenSource(s_pagesTimeout);
            string[] paths = ["/metrics", "/api/v1/fetches?last=1000", "/api/v1/status", "/api/v1/queue"];
            return string.Concat(await Task.WhenAll(paths.Select(path => s_http.GetStringAsync(new Uri(Admin, path), late.Token))));
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
        {
            return "";
        }
    }

    private async Task LaunchAsync()
    {
        // A command line that names a receiver has its own.
        bool hasReceiver = AreMeasured || _settings.Options.Contains("--Telemetry:OtlpUrl");
        if (_settings.Options.Contains("--ssh-listen") && !_settings.Options.Contains("--Ssh:HostKeys"))
        {
            await HostKeys.PlaceAsync(DataFolder);
        }

        Dictionary<string, string> exports = hasReceiver ? [] : await ExportSearch.EnvironmentAsync();
        IReadOnlyDictionary<string, string> runtime = AreMeasured ? new Dictionary<string, string>() : Checkout.RuntimeSettings;
        var command = new Command(
            _settings.Program,
            [
                "serve",
                "--primary",
                _settings.Primary!.AbsoluteUri,
                "--data",
                DataFolder,
                .. _listen.SelectMany(address => new[] { "--listen", address }),
                "--admin",
                _admin,
                .. _settings.Options,
            ]
        )
        {
            WorkingDirectory = _folder.FullPath,
            Environment = new Dictionary<string, string>([.. _settings.Environment, .. exports, .. runtime])
            {
                ["HOME"] = _folder.FullPath,
                ["DOTNET_ROOT"] = Checkout.DotnetRoot,
            },
        };
        Process started = command.Start();
        _process = started;
        started.ErrorDataReceived += (_, line) =>
        {
            lock (_log)
            {
                _log.AppendLine(line.Data);
            }
        };
        started.BeginErrorReadLine();
        started.StandardInput.Close();
        string? ready = await FirstLineAsync(started, command);
        if (ready is null || ReadyFormat().Match(ready) is not { Success: true } match)
        {
            throw new InvalidOperationException($"instead of its ready line the node said '{ready}'; its log:\n{Log}");
        }

        ReadyLine = ready;
        _listen = match.Groups["listen"].Value.Split(',');
        _admin = match.Groups["admin"].Value;
        Ssh = match.Groups["ssh"].Value;
        Urls = [.. _listen.Select(address => new Uri(address))];
        Admin = new Uri(_admin);
    }

    private async Task<string?> FirstLineAsync(Process started, Command command)
    {
        try
        {
            string? line = await started.StandardOutput.ReadLineAsync().WaitAsync(s_startTimeout);
            if (line is null)
            {
                await started.WaitForExitAsync().WaitAsync(s_stopTimeout);
                throw new InvalidOperationException($"{command} ended with exit code {started.ExitCode}; its log:\n{Log}");
            }

            _furtherOutput = started.StandardOutput.ReadToEndAsync();
            return line;
        }
        catch (TimeoutException late)
        {
            throw new TimeoutException($"{command} was not ready within {s_startTimeout.TotalSeconds} s; its log:\n{Log}", late);
        }
    }

    private long StatusBytes(string field)
    {
        string line = File.ReadLines($"/proc/{ProcessId}/status").First(line => line.StartsWith(field + ":", StringComparison.Ordinal));
        return long.Parse(line.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024;
    }

    [GeneratedRegex(@"^waystation ready listen=(?<listen>\S+) admin=(?<admin>\S+) ssh=(?<ssh>\S+)$", RegexOptions.ExplicitCapture)]
    private static partial Regex ReadyFormat();
}
