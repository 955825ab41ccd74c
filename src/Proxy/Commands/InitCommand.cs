using System.CommandLine;
using System.Text.Json;
using Waystation.Proxy.Options.Reading;
using Waystation.Proxy.Setup;

namespace Waystation.Proxy.Commands;

/// <summary><c>waystation init</c>: asks for the settings of a node, tries them and writes them.</summary>
internal sealed class InitCommand
{
    private const string UsualConfiguration = "/etc/waystation/waystation.json";

    private readonly Option<string> _unit = new("--unit")
    {
        Description = "The unit of systemd to write.",
        HelpName = "FILE",
        DefaultValueFactory = static _ => "/etc/systemd/system/waystation.service",
    };

    private readonly Option<string?> _account = new("--account")
    {
        Description = "The account that the service runs as: git with SSH, else waystation.",
        HelpName = "NAME",
    };

    private readonly Option<bool> _yes = new("--yes", "--non-interactive")
    {
        Description = "Asks nothing: what the options do not say stays as it is, or has its default.",
    };

    private readonly Option<bool> _passwordStdin = new("--password-stdin")
    {
        Description = "Reads the service credential from the first line of standard input.",
    };

    private readonly Option<bool> _hostKeys = new("--accept-host-keys")
    {
        Description = "Takes the SSH host keys that the primary shows now.",
    };

    private readonly Option<bool> _force = new("--force") { Description = "Writes also what a check finds wrong." };
    private readonly SettingOptions _settings;

    private InitCommand(Command command)
    {
        command.Add(_unit);
        command.Add(_account);
        command.Add(_yes);
        command.Add(_passwordStdin);
        command.Add(_hostKeys);
        command.Add(_force);
        _settings = new SettingOptions(command);
        command.SetAction(RunAsync);
    }

    public static Command Create()
    {
        var command = new Command("init", "Asks for the settings of a node, tries them, and writes them with a unit of systemd.");
        _ = new InitCommand(command);
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        string file = Path.GetFullPath(_settings.ConfigFile(parsed) ?? UsualConfiguration);
        bool isSilent = parsed.GetValue(_yes) || Console.IsInputRedirected;
        try
        {
            Dictionary<string, string?> given = _settings.Given(parsed);
            IConfigurationRoot there = new ConfigurationBuilder().AddJsonFile(file, optional: true, reloadOnChange: false).Build();
            string? secret = parsed.GetValue(_passwordStdin) ? await Console.In.ReadLineAsync(cancellationToken) : null;
            var setup = new NodeSetup(
                new SetupPaths(
                    file,
                    Path.GetFullPath(parsed.GetRequiredValue(_unit)),
                    parsed.GetValue(_account),
                    parsed.GetValue(_hostKeys),
                    parsed.GetValue(_force)
                ),
                new Answers(there, given),
                isSilent ? new NoQuestions(secret) : new TerminalQuestions(),
                Console.Out
            );
            return await setup.RunAsync(cancellationToken);
        }
        catch (SettingsException e)
        {
            return await ServeCommand.WrongAsync(e.Problems);
        }
        catch (Exception e) when (e is InvalidDataException or FormatException or JsonException)
        {
            return await ServeCommand.WrongAsync([$"{file}: {e.GetBaseException().Message}"]);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            await Console.Error.WriteLineAsync($"waystation: {e.Message}");
            return 1;
        }
    }
}
