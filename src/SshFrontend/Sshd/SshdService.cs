using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Polly;
using Polly.Retry;

namespace Waystation.SshFrontend.Sshd;

/// <summary>
/// Starts sshd, starts it again when it ends, and ends it with the node. A fault that only an operator can repair (no sshd, a locked
/// account, a port in use) stops the start of the node. Later failures are retried with backoff for as long as needed.
/// </summary>
public sealed class SshdService(SshdOptions options, TimeProvider time, ILogger<SshdService> logger) : IHostedService, IDisposable
{
    /// <summary>An sshd that ran this long has started well: the backoff begins at its shortest again.</summary>
    private static readonly TimeSpan s_steady = TimeSpan.FromMinutes(1);

    /// <summary>Every session has ended by then. sshd sends the rest within this time, or its client reads no more.</summary>
    private static readonly TimeSpan s_farewell = TimeSpan.FromSeconds(3);

    /// <summary>The empty folder that Debian's sshd needs when root starts it.</summary>
    private const string EmptyFolder = "/run/sshd";

    private readonly CancellationTokenSource _stop = new();
    private SshdProcess? _sshd;
    private Task _supervision = Task.CompletedTask;

    /// <summary>The address for clients, once started: <c>127.0.0.1:2222</c>, or <c>*:2222</c> for every address.</summary>
    public string Address { get; private set; } = "";

    private string Configuration => Path.Combine(options.Folder, "sshd_config");

    /// <inheritdoc />
    /// <exception cref="SshSetupException">sshd cannot be started here.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        string program = SshdNeeds.FindProgram(options.Relay);
        LoginAccount account = await LoginAccount.FindAsync(cancellationToken);
        if (account.IsRoot)
        {
            Directory.CreateDirectory(EmptyFolder);
        }

        IReadOnlyList<string> hostKeys = await HostKeys.PrepareAsync(options, cancellationToken);
        int port = options.Listen.Port != 0 ? options.Listen.Port : FindFreePort(options.Listen.Address);
        await WriteConfigurationAsync(program, port, account, hostKeys, cancellationToken);
        _sshd = await SshdProcess.StartAsync(program, Configuration, logger, cancellationToken);
        bool everywhere = options.Listen.Address.Equals(IPAddress.IPv6Any);
        Address = everywhere
            ? string.Create(CultureInfo.InvariantCulture, $"*:{port}")
            : new IPEndPoint(options.Listen.Address, port).ToString();
        _supervision = SuperviseAsync(program, _stop.Token);
    }

    /// <inheritdoc />
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stop.CancelAsync();
        await _supervision;
        if (_sshd is not null)
        {
            await _sshd.DrainAsync(s_farewell);
            await _sshd.KillAsync();
        }
    }

    /// <inheritdoc />
    public void Dispose() => _stop.Dispose();

    private async Task WriteConfigurationAsync(
        string program,
        int port,
        LoginAccount account,
        IReadOnlyList<string> hostKeys,
        CancellationToken cancellationToken
    )
    {
        ProgramResult check = default;
        foreach (SshdRelease release in Enum.GetValues<SshdRelease>().OrderDescending())
        {
            await File.WriteAllTextAsync(
                Configuration,
                SshdConfigWriter.Write(options, port, account.Name, hostKeys, release),
                cancellationToken
            );
            check = await SmallProgram.RunAsync(program, ["-t", "-f", Configuration], cancellationToken);
            if (check.ExitCode == 0)
            {
                return;
            }
        }

        throw new SshSetupException($"sshd refuses its configuration: {check.Error.Trim()}");
    }

    private async Task SuperviseAsync(string program, CancellationToken stopping)
    {
        try
        {
            while (true)
            {
                await Backoff().ExecuteAsync(token => RunAsync(program, token), stopping);
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The node stops; sshd is ended by StopAsync.
        }
    }

    /// <summary>One run; it is a failure unless it was a long one.</summary>
    private async ValueTask<bool> RunAsync(string program, CancellationToken stopping)
    {
        long begun = time.GetTimestamp();
        if (_sshd is not { Exit.IsCompleted: false })
        {
            try
            {
                _sshd = await SshdProcess.StartAsync(program, Configuration, logger, stopping);
                logger.SshdRestarted(Address);
            }
            catch (SshSetupException)
            {
                return false;
            }
        }

        await _sshd.Exit.WaitAsync(stopping);
        return time.GetElapsedTime(begun) >= s_steady;
    }

    private ResiliencePipeline<bool> Backoff() =>
        new ResiliencePipelineBuilder<bool> { TimeProvider = time }
            .AddRetry(
                new RetryStrategyOptions<bool>
                {
                    ShouldHandle = static outcome => ValueTask.FromResult(outcome.Outcome is { Exception: null, Result: false }),
                    MaxRetryAttempts = int.MaxValue,
                    Delay = TimeSpan.FromMilliseconds(200),
                    MaxDelay = TimeSpan.FromSeconds(30),
                    BackoffType = DelayBackoffType.Exponential,
                    UseJitter = true,
                    OnRetry = async retry =>
                    {
                        if (_sshd is { } ended)
                        {
                            logger.SshdEnded(await ended.Exit, retry.RetryDelay, ended.Words);
                        }
                    },
                }
            )
            .Build();

    /// <summary>sshd itself cannot be asked which port it was given.</summary>
    private static int FindFreePort(IPAddress address)
    {
        using var probe = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        probe.Bind(new IPEndPoint(address, 0));
        return ((IPEndPoint)probe.LocalEndPoint!).Port;
    }
}
