using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Waystation.TestKit.Servers;

/// <summary>
/// One node as an operator runs it: the program in a process of its own, known only by its ready line, its addresses,
/// its data folder and its exit code.
/// </summary>
public sealed partial class WaystationNode : IAsyncDisposable
{
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(40);
    private static readonly HttpClient Http = new();

    private readonly TempFolder folder = new();
    private readonly NodeSettings settings;
    private readonly StringBuilder log = new();
    private IReadOnlyList<string> listen = ["http://127.0.0.1:0"];
    private string admin = "http://127.0.0.1:0";
    private Process? process;
    private Task<string> furtherOutput = Task.FromResult("");

    private WaystationNode(NodeSettings settings) => this.settings = settings;

    /// <summary>The first client address.</summary>
    public Uri Url => Urls[0];

    public IReadOnlyList<Uri> Urls { get; private set; } = [];

    public Uri Admin { get; private set; } = new("http://unknown.invalid/");

    /// <summary>Host and port for SSH clients; <c>off</c> without.</summary>
    public string Ssh { get; private set; } = "off";

    public string DataFolder => settings.DataFolder ?? folder["data"];

    /// <summary>The ready line as it was printed.</summary>
    public string ReadyLine { get; private set; } = "";

    /// <summary>What came on standard output after the ready line until the node was stopped: nothing, by the contract.</summary>
    public string OutputAfterReady { get; private set; } = "";

    public int ProcessId => process?.Id ?? throw new InvalidOperationException("the node is not running");

    public bool IsRunning => process is { HasExited: false };

    /// <summary>What the node wrote to its standard error since the first start.</summary>
    public string Log
    {
        get
        {
            lock (log)
                return log.ToString();
        }
    }

    public static async Task<WaystationNode> StartAsync(Uri primary, NodeSettings? settings = null)
    {
        ArgumentNullException.ThrowIfNull(primary);
        settings ??= new NodeSettings();
        var node = new WaystationNode(settings with { Primary = primary });
        node.listen = settings.Listen;
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
        if (process is null)
            throw new InvalidOperationException("the node is not running");
        Unix.Terminate(process.Id);
        try
        {
            await process.WaitForExitAsync().WaitAsync(StopTimeout);
        }
        catch (TimeoutException late)
        {
            Kill();
            throw new TimeoutException($"the node did not end within {StopTimeout.TotalSeconds} s of SIGTERM; its log:\n{Log}", late);
        }

        int code = process.ExitCode;
        OutputAfterReady = await furtherOutput;
        process.Dispose();
        process = null;
        return code;
    }

    /// <summary>Ends the node as a power cut does. The git programs that it started are killed with it.</summary>
    public void Kill()
    {
        if (process is null)
            return;
        process.Kill(entireProcessTree: true);
        process.WaitForExit();
        process.Dispose();
        process = null;
    }

    /// <summary>Ends the node alone, as the kernel does when memory is short: the git programs that it started learn it from their pipes.</summary>
    public void KillAlone()
    {
        if (process is null)
            return;
        Unix.Kill(process.Id);
        process.WaitForExit();
        process.Dispose();
        process = null;
    }

    /// <summary>Starts the node again with the same data, on the same addresses.</summary>
    public Task StartAgainAsync() => LaunchAsync();

    /// <summary>What the metrics address says now.</summary>
    public async Task<NodeMetrics> MetricsAsync() => NodeMetrics.Parse(await Http.GetStringAsync(new Uri(Admin, "/metrics")));

    /// <summary>Memory that the process holds now, in bytes.</summary>
    public long ResidentBytes => StatusBytes("VmRSS");

    /// <summary>The most memory that the process held since <see cref="ForgetPeak"/>, in bytes.</summary>
    public long PeakResidentBytes => StatusBytes("VmHWM");

    public void ForgetPeak() => File.WriteAllText($"/proc/{ProcessId}/clear_refs", "5");

    public ValueTask DisposeAsync()
    {
        Kill();
        folder.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task LaunchAsync()
    {
        var command = new Command(settings.Program, [
            "serve",
            "--primary", settings.Primary!.AbsoluteUri,
            "--data", DataFolder,
            .. listen.SelectMany(address => new[] { "--listen", address }),
            "--admin", admin,
            .. settings.Options])
        {
            WorkingDirectory = folder.FullPath,
            Environment = new Dictionary<string, string>(settings.Environment) { ["HOME"] = settings.Home ?? folder.FullPath, ["DOTNET_ROOT"] = Checkout.DotnetRoot },
        };
        Process started = command.Start();
        process = started;
        started.ErrorDataReceived += (_, line) =>
        {
            lock (log)
                log.AppendLine(line.Data);
        };
        started.BeginErrorReadLine();
        started.StandardInput.Close();
        string? ready = await FirstLineAsync(started, command);
        if (ready is null || ReadyFormat().Match(ready) is not { Success: true } match)
            throw new InvalidOperationException($"instead of its ready line the node said '{ready}'; its log:\n{Log}");
        ReadyLine = ready;
        listen = match.Groups["listen"].Value.Split(',');
        admin = match.Groups["admin"].Value;
        Ssh = match.Groups["ssh"].Value;
        Urls = [.. listen.Select(address => new Uri(address))];
        Admin = new Uri(admin);
    }

    private async Task<string?> FirstLineAsync(Process started, Command command)
    {
        try
        {
            string? line = await started.StandardOutput.ReadLineAsync().WaitAsync(StartTimeout);
            if (line is null)
            {
                await started.WaitForExitAsync().WaitAsync(StopTimeout);
                throw new InvalidOperationException($"{command} ended with exit code {started.ExitCode}; its log:\n{Log}");
            }

            furtherOutput = started.StandardOutput.ReadToEndAsync();
            return line;
        }
        catch (TimeoutException late)
        {
            throw new TimeoutException($"{command} was not ready within {StartTimeout.TotalSeconds} s; its log:\n{Log}", late);
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
