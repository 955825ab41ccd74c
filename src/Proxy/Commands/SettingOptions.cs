using System.CommandLine;
using System.Text.RegularExpressions;
using Waystation.Proxy.Options.Reading;

namespace Waystation.Proxy.Commands;

/// <summary>
/// The options of a verb that reads the settings of a node as <c>serve</c> does: <c>--config</c>, the short options, and any setting as
/// <c>--Section:Key value</c>. The command line overrides the environment, and the environment overrides the file.
/// </summary>
internal sealed partial class SettingOptions
{
    private readonly Option<string?> _config = new("--config") { Description = "A JSON file with settings", HelpName = "FILE" };
    private readonly List<(Setting Setting, Option Option)> _shortOptions = [];

    public SettingOptions(Command command)
    {
        command.Add(_config);
        foreach ((Setting setting, _) in SettingTable.All)
        {
            if (setting.About.Option is { } name)
            {
                Option option = setting.IsList ? new Option<string[]>(name) : new Option<string>(name);
                option.Description = setting.About.Description + (setting.IsList ? " The option may be given again." : "");
                option.HelpName = setting.About.ValueName;
                _shortOptions.Add((setting, option));
                command.Add(option);
            }
        }

        command.TreatUnmatchedTokensAsErrors = false;
    }

    /// <summary>The file of <c>--config</c>; null if it is not given.</summary>
    public string? ConfigFile(ParseResult parsed) => parsed.GetValue(_config);

    /// <summary>The settings of the command line, by their names.</summary>
    /// <exception cref="SettingsException">There is no such option.</exception>
    public Dictionary<string, string?> Given(ParseResult parsed)
    {
        var given = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        foreach ((Setting setting, Option option) in _shortOptions)
        {
            if (parsed.GetResult(option) is { Tokens: { Count: > 0 } values })
            {
                given[setting.Name] = string.Join(';', values.Select(static value => value.Value));
            }
        }

        AddFurther(given, parsed.UnmatchedTokens);
        return given;
    }

    /// <summary>The settings of command line, environment and file.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="isFollowed">Whether a change of the file is read while the program runs.</param>
    /// <exception cref="SettingsException">The file cannot be read, or there is no such option.</exception>
    public IConfigurationRoot Read(ParseResult parsed, bool isFollowed)
    {
        Dictionary<string, string?> given = Given(parsed);
        string? file = ConfigFile(parsed);
        try
        {
            var builder = new ConfigurationBuilder();
            if (file is not null)
            {
                builder.AddJsonFile(Path.GetFullPath(file), optional: false, reloadOnChange: isFollowed);
            }

            return builder.AddEnvironmentVariables("WAYSTATION__").AddInMemoryCollection(given).Build();
        }
        catch (Exception e)
            when (e is InvalidDataException or IOException or UnauthorizedAccessException or FormatException && file is not null)
        {
            throw new SettingsException([$"--config {file}: {e.GetBaseException().Message}"]);
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

    [GeneratedRegex(
        "^--(?<name>[A-Z][A-Za-z]*(:[A-Za-z0-9]+)*)(=(?<value>.*))?$",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture | RegexOptions.Singleline,
        matchTimeoutMilliseconds: 1000
    )]
    private static partial Regex SettingOption();
}
