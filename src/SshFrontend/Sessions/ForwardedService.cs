using System.IO.Pipelines;
using Waystation.CacheStore.Streams;
using Waystation.FetchCore.Pushes;
using Waystation.GitProtocol.Responses;
using Waystation.Primaries.Ssh;
using Waystation.SshFrontend.Channels;
using Waystation.SshFrontend.Identities;
using Waystation.SshFrontend.Relays;

namespace Waystation.SshFrontend.Sessions;

/// <summary>
/// A command that only the primary can answer, such as a push. Its three streams are passed on unchanged, and the client gets the primary's
/// exit code.
/// </summary>
internal static class ForwardedService
{
    private const int BufferSize = 64 * 1024;

    private static readonly StreamPipeReaderOptions s_reading = new(
        bufferSize: BufferSize,
        minimumReadSize: BufferSize / 4,
        leaveOpen: true
    );
    private static readonly StreamPipeWriterOptions s_writing = new(minimumBufferSize: BufferSize, leaveOpen: true);

    /// <summary>How long the end of a push may wait until the mirror has it.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    /// <summary>Runs the command to its end. Starts an ssh process.</summary>
    /// <exception cref="IOException">The client is gone.</exception>
    public static async Task<SessionEnd> RunAsync(
        SshClient client,
        SessionIdentity.OverSsh identity,
        GitCommandLine line,
        RelaySession session,
        Func<SshChannel, PushWatch?>? watch,
        CancellationToken cancellationToken
    )
    {
        var command = new RemoteCommand(line.Service, identity.Origin.Target.PathOf(line.Path), line.Arguments);
        await using SshChannel channel = client.Start(
            identity.Origin.Target,
            identity.Identity,
            command,
            session.GitProtocol,
            cancellationToken
        );
        await using PushWatch? push = watch?.Invoke(channel);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task up = SendAsync(push is null ? session.Input : new PushedStream(session.Input, push), channel.Input, over.Token);
        Task error = channel.Error.CopyToAsync(session.Error, BufferSize, cancellationToken);
        try
        {
            await (
                push is null
                    ? channel.Output.CopyToAsync(session.Output, BufferSize, cancellationToken)
                    : PassPushAsync(channel.Output, session.Output, push, cancellationToken)
            );
            if (push is not null)
            {
                // The agent leaves with the session, and the push is taken in with the pusher's login.
                await push.Taken.WaitAsync(s_patience, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                cancellationToken.ThrowIfCancellationRequested();
            }

            // The client may wait for this end before it closes its own.
            await session.Output.DisposeAsync();
            await error;
            SshExit exit = await channel.Exit.WaitAsync(cancellationToken);
            return new SessionEnd(exit.Code, exit.Message.Length > 0 ? $"waystation: {exit.Message}\n" : "");
        }
        finally
        {
            await over.CancelAsync();
            channel.Kill();
            await up.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await error.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>The advertisement, then the report, which is shown to the watch.</summary>
    private static async Task PassPushAsync(Stream primary, Stream client, PushWatch push, CancellationToken cancellationToken)
    {
        PipeReader from = PipeReader.Create(primary, s_reading);
        PipeWriter to = PipeWriter.Create(client, s_writing);
        var advertisement = new ResponseBody(from);
        await advertisement.CopyToAsync(to, cancellationToken);
        await advertisement.CompleteAsync();
        await from.CopyToAsync(to, bytes => push?.Read(bytes), cancellationToken);
    }

    private static async Task SendAsync(Stream client, Stream primary, CancellationToken cancellationToken)
    {
        try
        {
            await client.CopyToAsync(primary, BufferSize, cancellationToken);
            await primary.DisposeAsync();
        }
        catch (IOException)
        {
            // One side has closed its end; the other direction shows it.
        }
    }
}
