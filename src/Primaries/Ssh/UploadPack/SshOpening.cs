using Waystation.FetchCore.Primaries.Errors;

namespace Waystation.Primaries.Ssh.UploadPack;

/// <summary>What came of starting a command at the primary.</summary>
public abstract record SshOpening
{
    private SshOpening() { }

    /// <summary>It runs, and whoever asked disposes it.</summary>
    /// <param name="UploadPack">The command.</param>
    public sealed record Opened(SshUploadPack UploadPack) : SshOpening;

    /// <summary>It ended before it said anything in Git's protocol.</summary>
    /// <param name="Exit">How.</param>
    /// <param name="Error">The last of what the primary said on stderr.</param>
    public sealed record Failed(SshExit Exit, string Error) : SshOpening
    {
        /// <summary>
        /// Whether this is the primary's no: it takes no key, or the command ended by itself without a word of Git. Every forge
        /// refuses a repository that way. 255 is no exit code of a command but a connection that broke.
        /// </summary>
        public bool IsRefusal => Exit.Outcome == SshOutcome.LoginRefused || Exit is { Outcome: SshOutcome.Ended, Code: not (0 or 255) };
    }

    /// <summary>It said ERR.</summary>
    /// <param name="Text">What followed.</param>
    public sealed record Complained(string Text) : SshOpening
    {
        /// <summary>Whether it says so of who asked.</summary>
        public bool IsRefusal => ErrorLines.MeaningOf(Text) == ErrorMeaning.Refusal;
    }
}
