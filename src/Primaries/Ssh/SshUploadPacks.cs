using Polly;
using Polly.Retry;
using Waystation.FetchCore.Primaries;

namespace Waystation.Primaries.Ssh;

/// <summary>
/// The <c>git-upload-pack</c> commands at the primary for one repository in one user's name, asked for one protocol version. One that is
/// idle takes the next command of v2; while it is busy another is opened. Answers may outlive this: disposal closes what is
/// idle, and what is busy closes with its answer.
/// </summary>
/// <param name="client">Starts the ssh program.</param>
/// <param name="target">Where the primary is.</param>
/// <param name="identity">In whose name.</param>
/// <param name="path">The repository, as the client named it.</param>
/// <param name="version">The protocol version to ask for: 0, 1 or 2.</param>
public sealed class SshUploadPacks(SshClient client, SshTarget target, SshIdentity identity, string path, int version = 2)
    : IAsyncDisposable
{
    /// <summary>For connection, login and first words; it guards against a peer that keeps silent. A user may have to touch a
    /// token.</summary>
    private static readonly TimeSpan s_openTime = TimeSpan.FromSeconds(60);

    /// <summary>Only what failed before the login is tried again, and nothing that the primary has decided.</summary>
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

    private readonly Lock _gate = new();
    private SshUploadPack? _idle;
    private bool _disposed;

    /// <summary>The primary.</summary>
    public SshTarget Target => target;

    /// <summary>A command that is ready for a question: the idle one, else a new one.</summary>
    /// <param name="fresh">Take none that was opened before, so that the primary says anew whether this user may read.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="PrimaryException">The primary cannot be reached, has not the known host key, or does not speak Git.</exception>
    public async Task<(SshOpening Opening, bool IsNew)> TakeAsync(bool fresh, CancellationToken cancellationToken)
    {
        SshUploadPack? idle;
        lock (_gate)
        {
            if (_disposed)
            {
                throw new PrimaryException("the session that this login belongs to has ended");
            }

            (idle, _idle) = (_idle, null);
        }

        if (idle is { IsUsable: true } && !fresh)
        {
            return (new SshOpening.Opened(idle), IsNew: false);
        }

        if (idle is not null)
        {
            await idle.CloseAsync();
        }

        SshOpening opening = await s_retries.ExecuteAsync(async token => await OpenAsync(token), cancellationToken);
        return opening is SshOpening.Failed { IsRefusal: false } failed
            ? throw new PrimaryException(
                failed.Exit.Message.Length > 0 ? failed.Exit.Message : $"{target.Host} ended the connection without a word"
            )
            : (opening, IsNew: true);
    }

    /// <summary>Takes back one whose answer is over.</summary>
    public async ValueTask GiveBackAsync(SshUploadPack uploadPack, bool isWhole)
    {
        if (isWhole && uploadPack.IsUsable)
        {
            lock (_gate)
            {
                if (!_disposed && _idle is null)
                {
                    _idle = uploadPack;
                    return;
                }
            }

            await uploadPack.CloseAsync();
            return;
        }

        await uploadPack.DisposeAsync();
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        SshUploadPack? idle;
        lock (_gate)
        {
            _disposed = true;
            (idle, _idle) = (_idle, null);
        }

        if (idle is not null)
        {
            await idle.CloseAsync();
        }
    }

    private async Task<SshOpening> OpenAsync(CancellationToken cancellationToken)
    {
        using IDisposable turn = await client.EnterOpeningAsync(cancellationToken);
        using var late = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        late.CancelAfter(s_openTime);
        try
        {
            // The command serves many questions, so no token of one of them may end it.
            SshChannel channel = client.Start(
                target,
                identity,
                RemoteCommand.UploadPack(target.PathOf(path)),
                version > 0 ? $"version={version}" : null,
                CancellationToken.None
            );
            return await SshUploadPack.OpenAsync(channel, late.Token);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new PrimaryException($"{target.Host} did not speak within {s_openTime.TotalSeconds:0} s", e);
        }
    }
}
