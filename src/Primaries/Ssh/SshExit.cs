namespace Waystation.Primaries.Ssh;

/// <summary>The kinds of ends of a channel.</summary>
public enum SshOutcome
{
    /// <summary>The command ran at the primary and ended there: <see cref="SshExit.Code"/> is its exit code.</summary>
    Ended,

    /// <summary>The primary accepts none of the offered keys.</summary>
    LoginRefused,

    /// <summary>The host key is not in the known hosts file.</summary>
    HostKeyUnknown,

    /// <summary>The host key differs from the one in the known_hosts file, or was revoked.</summary>
    HostKeyChanged,

    /// <summary>There was no connection, or it broke before the login.</summary>
    Unreachable,

    /// <summary>The connection broke after the login.</summary>
    Lost,
}

/// <summary>The end of a channel, with its explanation.</summary>
/// <param name="Outcome">The kind of the end.</param>
/// <param name="Code">The exit code for the client: the remote command's own, else 255 as of the ssh program.</param>
/// <param name="Message">One line for the user; empty if the command ended by itself, because then it has written its own
/// message.</param>
/// <param name="Log">For the log: the last messages of the ssh program. They may name keys and hosts, never a secret.</param>
public sealed record SshExit(SshOutcome Outcome, int Code, string Message, string Log);
