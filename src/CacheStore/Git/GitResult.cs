using System.Text;

namespace Waystation.CacheStore.Git;

/// <summary>The result of a short command.</summary>
/// <param name="Command">The command.</param>
/// <param name="ExitCode">0 if it succeeded.</param>
/// <param name="Output">Its whole standard output.</param>
/// <param name="Error">The end of its standard error.</param>
public sealed record GitResult(GitCommand Command, int ExitCode, ReadOnlyMemory<byte> Output, string Error)
{
    /// <summary>Its output as lines of ASCII.</summary>
    public IEnumerable<string> Lines() => Encoding.ASCII.GetString(Output.Span).Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Returns this result if the command succeeded.</summary>
    /// <exception cref="GitFailedException">The command failed.</exception>
    public GitResult OrThrow() =>
        ExitCode == 0 ? this : throw new GitFailedException($"{Command} failed with exit code {ExitCode}: {Error.Trim()}");
}
