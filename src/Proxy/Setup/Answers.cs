using Waystation.Proxy.Options.Reading;

namespace Waystation.Proxy.Setup;

/// <summary>The settings while they are asked for: those of the file, and over them what was given or answered.</summary>
/// <param name="file">The settings of the file.</param>
/// <param name="given">The settings of the command line.</param>
internal sealed class Answers(IConfiguration file, IReadOnlyDictionary<string, string?> given)
{
    private static readonly Dictionary<string, Setting> s_settings = SettingTable.All.ToDictionary(
        static one => one.Setting.Name,
        static one => one.Setting,
        StringComparer.OrdinalIgnoreCase
    );

    private readonly Dictionary<string, string?> _changed = new(given, StringComparer.OrdinalIgnoreCase);

    /// <summary>What differs from the file, in the order of the settings' table.</summary>
    public IEnumerable<(string Name, string Json, string Comment)> Changes =>
        SettingTable
            .All.Select(static one => one.Setting)
            .Where(setting => _changed.ContainsKey(setting.Name) && _changed[setting.Name] != InFile(setting.Name))
            .Select(setting => (setting.Name, JsonOf(setting), setting.About.Description))
            // Further primaries and other numbered settings, of which the table has the first.
            .Concat(
                _changed
                    .Where(static one => !s_settings.ContainsKey(one.Key))
                    .Where(one => one.Value != InFile(one.Key))
                    .Select(static one => (one.Key, one.Value is null ? "null" : SettingsFile.JsonOf(one.Value, isList: false), ""))
            );

    /// <summary>The settings as they are now.</summary>
    public IConfiguration Configuration => new ConfigurationBuilder().AddConfiguration(file).AddInMemoryCollection(_changed).Build();

    /// <summary>A setting as it is now; null if it has no value.</summary>
    public string? this[string name]
    {
        get => _changed.TryGetValue(name, out string? value) ? Full(value) : InFile(name);
        set => _changed[name] = value;
    }

    /// <summary>Whether the command line has it.</summary>
    public bool IsGiven(string name) => given.ContainsKey(name);

    private string JsonOf(Setting setting) =>
        _changed[setting.Name] is { Length: > 0 } value ? SettingsFile.JsonOf(value, setting.IsList) : "null";

    private string? InFile(string name) =>
        Full(file[name])
        ?? (
            file.GetSection(name).GetChildren().Select(static child => child.Value).OfType<string>().ToArray() is { Length: > 0 } items
                ? string.Join(';', items)
                : null
        );

    private static string? Full(string? value) => string.IsNullOrEmpty(value) ? null : value;
}
