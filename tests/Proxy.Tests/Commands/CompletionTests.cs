using Waystation.TestKit.Servers;

namespace Waystation.Proxy.Tests.Commands;

/// <summary>The completion of a real bash: verbs, options and values, by the name of the program and by its path.</summary>
public sealed class CompletionTests
{
    [Theory]
    [InlineData("waystation", "st", "status")]
    [InlineData("waystation", "re", "remove repos")]
    [InlineData("waystation", "explain --dep", "--depth")]
    [InlineData("waystation", "nodes ap", "approve")]
    [InlineData("waystation", "completion b", "bash")]
    [InlineData("./waystation", "tail --outcome by", "bypass")]
    public async Task Bash_Completes(string name, string typed, string found)
    {
        using var folder = new TempFolder();
        // The name of the path leads to the program, as in a shell where it is installed.
        string program = folder["waystation"];
        await File.WriteAllTextAsync(program, $"#!/bin/sh\nexec '{Checkout.Program}' \"$@\"\n");
        File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        string script = $$"""
            PATH="{{folder.FullPath}}:$PATH"
            source <(waystation completion bash)
            COMP_LINE='{{name}} {{typed}}' COMP_POINT=${#COMP_LINE}
            read -ra COMP_WORDS <<<"$COMP_LINE"
            [[ $COMP_LINE == *' ' ]] && COMP_WORDS+=('')
            COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
            complete -p {{name}} >/dev/null && _waystation && printf '%s\n' "${COMPREPLY[@]}" | sort | paste -sd' '
            """;

        CommandResult result = await new Command("bash", "--norc", "-c", script)
        {
            WorkingDirectory = folder.FullPath,
            Environment = new Dictionary<string, string> { ["DOTNET_ROOT"] = Checkout.DotnetRoot, ["LC_ALL"] = "C" },
        }.RunAsync();

        Assert.Equal((0, "", found + "\n"), (result.ExitCode, result.Error, result.Output));
    }

    [Theory]
    [InlineData("zsh", "compdef _waystation waystation")]
    [InlineData("fish", "complete -c waystation")]
    public async Task Script_IsPrinted(string shell, string line)
    {
        CommandResult result = await Program("completion", shell).RunAsync();
        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        Assert.Contains(line, result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task OtherShell_IsWrongUsage()
    {
        CommandResult result = await Program("completion", "tcsh").RunAsync();
        Assert.Equal((2, ""), (result.ExitCode, result.Output));
    }

    private static Command Program(params string[] words) =>
        new(Checkout.Program, words) { Environment = new Dictionary<string, string> { ["DOTNET_ROOT"] = Checkout.DotnetRoot } };
}
