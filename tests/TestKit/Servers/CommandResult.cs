namespace Waystation.TestKit.Servers;

/// <summary>The exit code and the output of a program.</summary>
public sealed record CommandResult(string Command, int ExitCode, string Output, string Error)
{
    public IReadOnlyList<string> OutputLines => Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    public CommandResult MustSucceed() => ExitCode == 0 ? this : throw new CommandFailedException(this);

    public override string ToString() => $"{Command}: exit code {ExitCode}\n{Error}\n{Output}";
}

/// <summary>A program that had to succeed did not.</summary>
public sealed class CommandFailedException(CommandResult result) : Exception(result?.ToString());
