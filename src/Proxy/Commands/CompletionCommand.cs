using System.CommandLine;

namespace Waystation.Proxy.Commands;

/// <summary><c>waystation completion bash|zsh|fish</c>: prints a script by which a shell completes verbs and options.</summary>
internal static class CompletionCommand
{
    /// <summary>The program may be called by a path, but it knows its own command line by its name.</summary>
    private const string Bash = """
        _waystation() {
            local word=${COMP_WORDS[0]} current=${COMP_WORDS[COMP_CWORD]}
            local line="waystation${COMP_LINE:${#word}}" point=$((COMP_POINT - ${#word} + 10)) found
            COMPREPLY=()
            while IFS= read -r found; do
                [[ $found == "$current"* ]] && COMPREPLY+=("$found")
            done < <("$word" "[suggest:$point]" "$line" 2>/dev/null)
        }
        complete -o default -F _waystation waystation ./waystation
        """;

    private const string Zsh = """
        #compdef waystation
        _waystation() {
            local -a found
            found=("${(@f)$(waystation "[suggest:$CURSOR]" "$BUFFER" 2>/dev/null)}")
            compadd -a found
        }
        compdef _waystation waystation
        """;

    private const string Fish = """
        complete -c waystation -f -a '(waystation "[suggest:"(commandline -C)"]" (commandline -p) 2>/dev/null)'
        """;

    public static Command Create()
    {
        Argument<string> shell = new("SHELL") { Description = "bash, zsh or fish" };
        shell.AcceptOnlyFromAmong("bash", "zsh", "fish");
        var command = new Command("completion", "Prints a script with which your shell completes verbs and options.") { shell };
        command.SetAction(parsed =>
            Console.Out.WriteLine(
                parsed.GetRequiredValue(shell) switch
                {
                    "bash" => Bash,
                    "zsh" => Zsh,
                    _ => Fish,
                }
            )
        );
        return command;
    }
}
