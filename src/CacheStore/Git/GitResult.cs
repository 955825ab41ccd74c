using System.Text;

namespace Waystation.CacheStore.Git;

/// <summary>How a short command ended.</summary>
/// <param name="Command">Which.</param>
/// <param name="ExitCode">0 where all is well.</param>
/// <param name="Output">Its whole standard output.</param>
/// <param name="Error">The end of what it said on stderr.</param>
public sealed record GitResult(GitCommand Command, int ExitCode, ReadOnlyMemory<byte> Output, string Error)
{
    /// <summary>Its output as lines of ASCII.</summary>
    public IEnumerable<string> Lines() => Encoding.ASCII.GetString(Output.Span).Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>This result, where the command succeeded.</summary>
    /// <exception cref="GitFailedException">It did not.</exception>
    public GitResult OrThrow() => ExitCode == 0 ? this : throw new GitFailedException($"{Command} ended with {ExitCode}: {Error.Trim()}");
}
