namespace Waystation.Primaries.Ssh;

/// <summary>How a channel ended.</summary>
public enum SshOutcome
{
    /// <summary>The command ran at the primary and ended there: <see cref="SshExit.Code"/> is its exit code.</summary>
    Ended,

    /// <summary>The primary takes none of the keys that were offered.</summary>
    LoginRefused,

    /// <summary>The host key is not in the known hosts file.</summary>
    HostKeyUnknown,

    /// <summary>The host key is another than the one in the known hosts file, or one that was revoked.</summary>
    HostKeyChanged,

    /// <summary>There was no connection, or it went before the login.</summary>
    Unreachable,

    /// <summary>The connection went after the login.</summary>
    Lost,
}

/// <summary>How a channel ended, with everything that explains it.</summary>
/// <param name="Outcome">In which way.</param>
/// <param name="Code">The exit code for whoever asked: the remote command's own, else 255 as of the ssh program.</param>
/// <param name="Message">One line for the person waiting; empty when the command ended by itself, for then it has spoken for
/// itself.</param>
/// <param name="Log">For the log: the last words of the ssh program. They may name keys and hosts, never a secret.</param>
public sealed record SshExit(SshOutcome Outcome, int Code, string Message, string Log);
