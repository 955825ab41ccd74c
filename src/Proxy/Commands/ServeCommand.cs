using System.CommandLine;
using System.Text.RegularExpressions;
using Waystation.CacheStore.Disk;
using Waystation.Proxy.Hosting;
using Waystation.Proxy.Options.Reading;
using Waystation.SshFrontend.Sshd;

namespace Waystation.Proxy.Commands;

/// <summary><c>waystation serve</c>: makes settings of options, environment and file, and runs a node until it is stopped.</summary>
internal static partial class ServeCommand
{
    public static Command Create()
    {
        var config = new Option<string?>("--config") { Description = "A JSON file with settings", HelpName = "FILE" };
        var command = new Command("serve", "Starts a node in front of a primary Git server.") { config };
        List<(Setting Setting, Option Option)> shortOptions = [];
        foreach ((Setting setting, _) in SettingTable.All)
        {
            if (setting.About.Option is { } name)
            {
                Option option = setting.IsList ? new Option<string[]>(name) : new Option<string>(name);
                option.Description = setting.About.Description + (setting.IsList ? " The option may be given again." : "");
                option.HelpName = setting.About.ValueName;
                shortOptions.Add((setting, option));
                command.Add(option);
            }
        }

        command.TreatUnmatchedTokensAsErrors = false;
        command.SetAction(
            (result, cancellationToken) =>
            {
                var given = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
                foreach ((Setting setting, Option option) in shortOptions)
                {
                    if (result.GetResult(option) is { Tokens: { Count: > 0 } values })
                    {
                        given[setting.Name] = string.Join(';', values.Select(static value => value.Value));
                    }
                }

                return RunAsync(result.GetValue(config), given, result.UnmatchedTokens, cancellationToken);
            }
        );
        return command;
    }

    private static async Task<int> RunAsync(
        string? configFile,
        Dictionary<string, string?> options,
        IReadOnlyList<string> further,
        CancellationToken cancellationToken
    )
    {
        try
        {
            AddFurther(options, further);
            var builder = new ConfigurationBuilder();
            if (configFile is not null)
            {
                builder.AddJsonFile(Path.GetFullPath(configFile), optional: false, reloadOnChange: true);
            }

            IConfigurationRoot configuration = builder.AddEnvironmentVariables("WAYSTATION__").AddInMemoryCollection(options).Build();
            await Node.RunAsync(OptionsReader.Read(configuration), configuration, NodeVerbs.MapPages, cancellationToken);
            return 0;
        }
        catch (SettingsException e)
        {
            return await WrongAsync(e.Problems);
        }
        catch (DataFolderException e)
        {
            return await WrongAsync([$"Data = \"{e.Folder}\": the folder {e.Message}"]);
        }
        catch (SshSetupException e)
        {
            await Console.Error.WriteLineAsync($"waystation: SSH: {e.Message}");
            return 1;
        }
        catch (Exception e) when (e is InvalidDataException or FileNotFoundException or FormatException && configFile is not null)
        {
            return await WrongAsync([$"--config {configFile}: {e.GetBaseException().Message}"]);
        }
        catch (IOException e) when (e.InnerException is Microsoft.AspNetCore.Connections.AddressInUseException)
        {
            await Console.Error.WriteLineAsync($"waystation: {e.Message}");
            return 1;
        }
    }

    /// <summary><c>--Section:Key value</c> and <c>--Section:Key=value</c>.</summary>
    private static void AddFurther(Dictionary<string, string?> options, IReadOnlyList<string> tokens)
    {
        List<string> problems = [];
        for (int i = 0; i < tokens.Count; i++)
        {
            Match match = SettingOption().Match(tokens[i]);
            if (!match.Success)
            {
                problems.Add($"{tokens[i]}: there is no such option; waystation serve --help lists all options");
            }
            else if (match.Groups["value"].Success)
            {
                options[match.Groups["name"].Value] = match.Groups["value"].Value;
            }
            else if (i + 1 < tokens.Count && !tokens[i + 1].StartsWith("--", StringComparison.Ordinal))
            {
                options[match.Groups["name"].Value] = tokens[++i];
            }
            else
            {
                problems.Add($"{tokens[i]}: a value must follow");
            }
        }

        if (problems.Count > 0)
        {
            throw new SettingsException(problems);
        }
    }

    private static async Task<int> WrongAsync(IReadOnlyList<string> problems)
    {
        foreach (string problem in problems)
        {
            await Console.Error.WriteLineAsync($"waystation: {problem}");
        }

        return 2;
    }

    [GeneratedRegex(
        "^--(?<name>[A-Z][A-Za-z]*(:[A-Za-z0-9]+)*)(=(?<value>.*))?$",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture | RegexOptions.Singleline,
        matchTimeoutMilliseconds: 1000
    )]
    private static partial Regex SettingOption();
}
