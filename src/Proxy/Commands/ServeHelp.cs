using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.Text;
using Waystation.Proxy.Options.Reading;

namespace Waystation.Proxy.Commands;

/// <summary>The help of <c>serve</c>: usage and short options as for every command, then every setting.</summary>
/// <param name="usual">The help that every command has.</param>
internal sealed class ServeHelp(HelpAction usual) : SynchronousCommandLineAction
{
    private const int Width = 110;
    private const int NameWidth = 52;

    private const string Introduction = """
        Settings:
          A setting can stand in a JSON file (--config FILE), in the environment (WAYSTATION__PackCache__MaxSize=64GiB)
          or on the command line (--PackCache:MaxSize 64GiB). The command line overrides the environment, and the
          environment overrides the file. Items of a list are separated by semicolons. Further primaries are
          Primaries:1, Primaries:2 and so on.

        """;

    private const string End = """

        When the node accepts requests, it prints one line on standard output: waystation ready listen=… admin=… ssh=….
        Logs go to standard error. SIGTERM lets open answers finish, then the exit code is 0. Wrong settings: exit code 2.

        Example:
          waystation serve --primary https://git.example.com --data /var/lib/waystation --listen https://*:443 \
            --Tls:Certificate /etc/waystation/cert.pem --Tls:Key /etc/waystation/key.pem
        """;

    public override int Invoke(ParseResult parseResult)
    {
        int code = usual.Invoke(parseResult);
        if (parseResult.CommandResult.Command.Name == "serve")
        {
            parseResult.InvocationConfiguration.Output.WriteLine(Settings());
        }

        return code;
    }

    /// <summary>The settings, and how they are given.</summary>
    private static string Settings()
    {
        var text = new StringBuilder(Introduction);
        foreach ((Setting setting, string standard) in SettingTable.All)
        {
            string name = setting.About.Option is { } option ? $"{setting.Name} ({option})" : setting.Name;
            text.Append('\n').Append("  ").Append(name.PadRight(NameWidth)).Append(" default: ").Append(standard).Append('\n');
            AppendWrapped(text, setting.About.Description);
            if (setting.Accepted.Length > 0)
            {
                AppendWrapped(text, $"Accepted: {setting.Accepted}");
            }
        }

        return text.Append(End).ToString();
    }

    private static void AppendWrapped(StringBuilder text, string paragraph)
    {
        const string Indent = "      ";
        int column = 0;
        foreach (string word in paragraph.Split(' '))
        {
            if (column == 0 || column + 1 + word.Length > Width)
            {
                text.Append(column == 0 ? "" : "\n").Append(Indent);
                column = Indent.Length;
            }
            else
            {
                text.Append(' ');
                column++;
            }

            text.Append(word);
            column += word.Length;
        }

        text.Append('\n');
    }
}
