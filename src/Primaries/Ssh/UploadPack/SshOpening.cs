using Waystation.FetchCore.Primaries.Errors;

namespace Waystation.Primaries.Ssh.UploadPack;

/// <summary>The result of starting a command at the primary.</summary>
public abstract record SshOpening
{
    private SshOpening() { }

    /// <summary>It runs; the caller disposes it.</summary>
    /// <param name="UploadPack">The command.</param>
    public sealed record Opened(SshUploadPack UploadPack) : SshOpening;

    /// <summary>It ended before its first bytes in Git's protocol.</summary>
    /// <param name="Exit">Its end.</param>
    /// <param name="Error">The end of the primary's standard error.</param>
    public sealed record Failed(SshExit Exit, string Error) : SshOpening
    {
        /// <summary>
        /// Whether this is a refusal: the primary accepts no key, or the command ended by itself without a byte of Git. Every forge refuses
        /// a repository in that way. 255 is no exit code of a command but a broken connection.
        /// </summary>
        public bool IsRefusal => Exit.Outcome == SshOutcome.LoginRefused || Exit is { Outcome: SshOutcome.Ended, Code: not (0 or 255) };
    }

    /// <summary>It sent an ERR packet.</summary>
    /// <param name="Text">The text of the packet.</param>
    public sealed record Complained(string Text) : SshOpening
    {
        /// <summary>Whether the text refuses the credential.</summary>
        public bool IsRefusal => ErrorLines.MeaningOf(Text) == ErrorMeaning.Refusal;
    }
}
