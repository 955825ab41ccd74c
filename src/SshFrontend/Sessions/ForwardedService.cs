using Waystation.Primaries.Ssh;
using Waystation.SshFrontend.Relays;

namespace Waystation.SshFrontend.Sessions;

/// <summary>
/// A command that is the primary's own affair, such as a push: its three streams go to and fro as they are, and it ends for the
/// client as it ends there.
/// </summary>
internal static class ForwardedService
{
    private const int BufferSize = 64 * 1024;

    /// <summary>Runs it to its end.</summary>
    /// <exception cref="IOException">The client has gone.</exception>
    public static async Task<SessionEnd> RunAsync(
        SshClient client,
        SessionIdentity.OverSsh identity,
        GitCommandLine line,
        RelaySession session,
        CancellationToken cancellationToken
    )
    {
        var command = new RemoteCommand(line.Service, identity.Target.PathOf(line.Path), line.Arguments);
        await using SshChannel channel = client.Start(identity.Target, identity.Identity, command, session.GitProtocol, cancellationToken);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task up = SendAsync(session.Input, channel.Input, over.Token);
        Task error = channel.Error.CopyToAsync(session.Error, BufferSize, cancellationToken);
        try
        {
            await channel.Output.CopyToAsync(session.Output, BufferSize, cancellationToken);
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

    private static async Task SendAsync(Stream client, Stream primary, CancellationToken cancellationToken)
    {
        try
        {
            await client.CopyToAsync(primary, BufferSize, cancellationToken);
            await primary.DisposeAsync();
        }
        catch (IOException)
        {
            // One of them listens or speaks no more; the other direction tells.
        }
    }
}
