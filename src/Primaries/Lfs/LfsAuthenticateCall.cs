using Waystation.Primaries.Ssh;
using Waystation.Primaries.Ssh.Keys;

namespace Waystation.Primaries.Lfs;

/// <summary>Asks a primary's SSH where the LFS of a repository is (git-lfs docs/api/server-discovery.md, "SSH").</summary>
public static class LfsAuthenticateCall
{
    /// <summary>The command.</summary>
    public const string Service = "git-lfs-authenticate";

    /// <summary>Bytes of an answer: tokens of several KiB fit.</summary>
    private const int MaxAnswer = 64 * 1024;

    /// <summary>Runs the command. Starts an ssh process, to which nothing is sent.</summary>
    /// <param name="client">Starts the ssh program.</param>
    /// <param name="target">The primary.</param>
    /// <param name="identity">In whose name.</param>
    /// <param name="command">The command and its words.</param>
    /// <param name="gitProtocol">The client's <c>GIT_PROTOCOL</c>; null for none.</param>
    /// <param name="error">Gets what the primary writes to its standard error.</param>
    /// <param name="cancellationToken">Ends the process.</param>
    public static async Task<LfsAuthenticateReply> AskAsync(
        SshClient client,
        SshTarget target,
        SshIdentity identity,
        RemoteCommand command,
        string? gitProtocol,
        Stream error,
        CancellationToken cancellationToken
    )
    {
        ArgumentNullException.ThrowIfNull(client);
        await using SshChannel channel = client.Start(target, identity, command, gitProtocol, cancellationToken);
        Task copying = channel.Error.CopyToAsync(error, cancellationToken);
        try
        {
            await channel.Input.DisposeAsync();
            byte[] answer = new byte[MaxAnswer];
            int length = await channel.Output.ReadAtLeastAsync(answer, MaxAnswer, throwOnEndOfStream: false, cancellationToken);
            await copying;
            SshExit exit = await channel.Exit.WaitAsync(cancellationToken);
            // An answer may be remembered: not with the buffer around it.
            return new LfsAuthenticateReply(answer.AsSpan(0, length).ToArray(), exit, channel.AcceptedKey);
        }
        finally
        {
            channel.Kill();
            await copying.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}

/// <summary>The end of <c>git-lfs-authenticate</c>.</summary>
/// <param name="Answer">What it wrote to its standard output; empty for nothing.</param>
/// <param name="Exit">How it ended.</param>
/// <param name="AcceptedKey">The agent's key that the primary accepted; null without an agent.</param>
public sealed record LfsAuthenticateReply(ReadOnlyMemory<byte> Answer, SshExit Exit, SshPublicKey? AcceptedKey);
