using System.Diagnostics.CodeAnalysis;
using Polly;
using Polly.Retry;
using Waystation.FetchCore.Primaries;
using Waystation.FetchCore.Primaries.Errors;
using Waystation.Primaries.Gate;

namespace Waystation.Primaries.Ssh.UploadPack;

/// <summary>
/// The <c>git-upload-pack</c> commands at the primary for one repository in one user's name and one protocol version. An idle one takes the
/// next v2 command; while it is busy, another is opened. Responses may outlive this: disposal closes idle ones, and a busy one closes with
/// its response.
/// </summary>
/// <param name="client">Starts the ssh program.</param>
/// <param name="origin">The primary.</param>
/// <param name="identity">The identity with which to log in.</param>
/// <param name="path">The repository's path, as the client named it.</param>
/// <param name="version">The protocol version to ask for: 0, 1 or 2.</param>
public sealed class SshUploadPacks(SshClient client, SshOrigin origin, SshIdentity identity, string path, int version = 2)
    : IAsyncDisposable
{
    /// <summary>The time for connection, login and first bytes. It guards against a silent peer. A user may have to touch a security
    /// key.</summary>
    private static readonly TimeSpan s_openTime = TimeSpan.FromSeconds(60);

    /// <summary>Tries again only after failures before the login, and never after a decision of the primary.</summary>
    private static readonly ResiliencePipeline<SshOpening> s_retries = new ResiliencePipelineBuilder<SshOpening>()
        .AddRetry(
            new RetryStrategyOptions<SshOpening>
            {
                ShouldHandle = static arguments =>
                    ValueTask.FromResult(
                        arguments.Outcome.Result is SshOpening.Failed { Exit.Outcome: SshOutcome.Unreachable or SshOutcome.Lost }
                    ),
                MaxRetryAttempts = 2,
                Delay = TimeSpan.FromMilliseconds(200),
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
            }
        )
        .Build();

    /// <summary>A response about refs is short.</summary>
    private static readonly TimeSpan s_idleWithin = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private TaskCompletionSource _returned = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private SshUploadPack? _idle;
    private int _keepers;
    private bool _disposed;

    /// <summary>Whether a connection waits for the next question after its response; else it is closed.</summary>
    public bool KeepsIdle { get; init; } = true;

    /// <summary>The primary.</summary>
    public SshOrigin Origin => origin;

    /// <summary>
    /// Waits a moment for the command that the session uses. It is for work behind a session: the session may end, and its agent with it,
    /// before a new connection has logged in.
    /// </summary>
    internal async Task AwaitIdleAsync(CancellationToken cancellationToken)
    {
        Task returned;
        lock (_gate)
        {
            if (_keepers == 0 || _idle is not null)
            {
                return;
            }

            returned = _returned.Task;
        }

        await returned.WaitAsync(s_idleWithin, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellationToken.ThrowIfCancellationRequested();
    }

    /// <summary>A command that is ready for a question: the idle one, else a new one, which starts an ssh process.</summary>
    /// <param name="fresh">Whether to open a new one, so that the primary decides again whether this user may read.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="PrimaryException">The primary cannot be reached, has another host key, or does not speak Git.</exception>
    public async Task<(SshOpening Opening, bool IsNew)> TakeAsync(bool fresh, CancellationToken cancellationToken)
    {
        SshUploadPack? idle;
        lock (_gate)
        {
            (idle, _idle) = (_idle, null);
            if (_disposed && (fresh || idle is not { IsUsable: true }))
            {
                throw new PrimaryException("the SSH session of this login has ended");
            }
        }

        if (idle is { IsUsable: true } && !fresh)
        {
            return (new SshOpening.Opened(idle), IsNew: false);
        }

        if (idle is not null)
        {
            await idle.CloseAsync();
        }

        return (await OpenWithinGateAsync(cancellationToken), IsNew: true);
    }

    /// <exception cref="PrimaryOutageException">An outage.</exception>
    /// <exception cref="PrimaryException">The primary cannot be reached, has not the known host key, or does not speak Git.</exception>
    [SuppressMessage("Reliability", "CA2025", Justification = "An abandoned opening is cancelled, and disposes its connection.")]
    private async Task<SshOpening> OpenWithinGateAsync(CancellationToken cancellationToken)
    {
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task<SshOpening> opening = s_retries.ExecuteAsync(async token => await OpenAsync(token), giveUp.Token).AsTask();
        if (!await origin.Health.EndsAsync(opening, PrimaryGate.Patience))
        {
            await giveUp.CancelAsync();
            _ = AbandonAsync(opening);
            throw origin.Health.Failure();
        }

        try
        {
            switch (await opening)
            {
                case SshOpening.Failed { IsRefusal: false } failed:
                    throw new PrimaryException(
                        failed.Exit.Message.Length > 0
                            ? failed.Exit.Message
                            : $"{origin.Target.Host} ended the connection without a message"
                    );
                case var ended:
                    await origin.Health.AnsweredAsync();
                    return ended;
            }
        }
        catch (PrimaryException e) when (e is not (PrimaryOutageException or PrimaryBusyException))
        {
            throw await origin.Gate.JudgeAsync(e.Message, e);
        }
    }

    private static async Task AbandonAsync(Task<SshOpening> opening)
    {
        await ((Task)opening).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (opening.IsCompletedSuccessfully && await opening is SshOpening.Opened opened)
        {
            await opened.UploadPack.DisposeAsync();
        }
    }

    /// <summary>Takes back a command whose response has ended.</summary>
    public async ValueTask GiveBackAsync(SshUploadPack uploadPack, bool isWhole)
    {
        if (isWhole && uploadPack.IsUsable)
        {
            lock (_gate)
            {
                if ((!_disposed || _keepers > 0) && KeepsIdle && _idle is null)
                {
                    _idle = uploadPack;
                    _returned.TrySetResult();
                    _returned = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                    return;
                }
            }

            await uploadPack.CloseAsync();
            return;
        }

        await uploadPack.DisposeAsync();
    }

    /// <summary>
    /// Keeps the idle command for work that a session started, also after the session, because its login needs no agent any more. Only the
    /// session opens new connections.
    /// </summary>
    public IDisposable KeepOpen()
    {
        lock (_gate)
        {
            _keepers++;
        }

        return new Disposable(() => _ = LeaveAsync());
    }

    private async Task LeaveAsync()
    {
        SshUploadPack? idle = null;
        lock (_gate)
        {
            if (--_keepers == 0 && _disposed)
            {
                (idle, _idle) = (_idle, null);
            }
        }

        if (idle is not null)
        {
            await idle.CloseAsync();
        }
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        SshUploadPack? idle = null;
        lock (_gate)
        {
            _disposed = true;
            if (_keepers == 0)
            {
                (idle, _idle) = (_idle, null);
            }
        }

        if (idle is not null)
        {
            await idle.CloseAsync();
        }
    }

    private async Task<SshOpening> OpenAsync(CancellationToken cancellationToken)
    {
        using IDisposable? turn = await client.EnterOpeningAsync(cancellationToken);
        using var late = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        late.CancelAfter(s_openTime);
        try
        {
            // The command serves many questions, so no token of one of them may end it.
            SshChannel channel = client.Start(
                origin.Target,
                identity,
                RemoteCommand.UploadPack(origin.Target.PathOf(path)),
                version > 0 ? $"version={version}" : null,
                CancellationToken.None
            );
            return await SshUploadPack.OpenAsync(channel, origin.Health, late.Token);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new PrimaryException($"{origin.Target.Host} sent nothing within {s_openTime.TotalSeconds:0} s", e);
        }
    }
}
