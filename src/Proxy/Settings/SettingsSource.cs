using System.Globalization;

namespace Waystation.Proxy.Settings;

/// <summary>
/// Reads single settings and gathers everything that is wrong with them, so that the operator mends all at once. What was
/// never asked for is wrong too: a misspelt name must not pass in silence.
/// </summary>
internal sealed class SettingsSource(IConfiguration configuration)
{
    private readonly HashSet<string> _known = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<string> _problems = [];

    public delegate bool Parse<T>(string text, out T value);

    public T Read<T>(string name, T fallback, string accepted, Parse<T> parse)
    {
        _known.Add(name);
        if (configuration[name] is not { Length: > 0 } text)
        {
            return fallback;
        }

        if (parse(text, out T value))
        {
            return value;
        }

        Add(name, text, accepted);
        return fallback;
    }

    public string? Text(string name) =>
        Read<string?>(name, null, "", static (string text, out string? value) => (value = text) is not null);

    public string? ExistingFile(string name) =>
        Read<string?>(
            name,
            null,
            "the path of a file that can be read",
            static (string text, out string? value) => File.Exists(value = text)
        );

    public TimeSpan Duration(string name, TimeSpan fallback, TimeSpan most) => Duration(name, fallback, TimeSpan.Zero, most);

    public TimeSpan Duration(string name, TimeSpan fallback, TimeSpan least, TimeSpan most) =>
        Read(
            name,
            fallback,
            $"a time as hh:mm:ss, from {least:c} to {most:c}",
            (string text, out TimeSpan value) =>
                TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out value) && value >= least && value <= most
        );

    public int Count(string name, int fallback, int least, int most) =>
        Read(
            name,
            fallback,
            string.Create(CultureInfo.InvariantCulture, $"a number from {least} to {most}"),
            (string text, out int value) =>
                int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value) && value >= least && value <= most
        );

    public long Size(string name, long fallback) => Read<long>(name, fallback, ByteSize.Accepted, ByteSize.TryParse);

    /// <summary>A list: one text with semicolons, or numbered children.</summary>
    public IReadOnlyList<T> List<T>(string name, string accepted, Parse<T> parse)
    {
        IEnumerable<(string Name, string Text)> items = configuration[name] is { Length: > 0 } joined
            ? joined.Split([';', ','], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(text => (name, text))
            : configuration.GetSection(name).GetChildren().Select(child => ($"{name}:{child.Key}", child.Value ?? ""));
        _known.Add(name);
        // A text of a later source takes the place of the numbered children of an earlier one, which are known all the same.
        _known.UnionWith(configuration.GetSection(name).GetChildren().Select(child => $"{name}:{child.Key}"));
        List<T> values = [];
        foreach ((string itemName, string text) in items.ToList())
        {
            if (parse(text, out T value))
            {
                values.Add(value);
            }
            else
            {
                Add(itemName, text, accepted);
            }
        }

        return values;
    }

    public IEnumerable<string> Children(string name) =>
        configuration.GetSection(name).GetChildren().Select(child => $"{name}:{child.Key}").ToList();

    public void Add(string name, string? value, string accepted) =>
        _problems.Add(value is null ? $"{name} is not set: {accepted}" : $"{name} = \"{value}\": accepted is {accepted}");

    /// <exception cref="SettingsException">Something was wrong.</exception>
    public void ThrowIfWrong()
    {
        foreach ((string name, string? value) in configuration.AsEnumerable())
        {
            if (value is not null && !_known.Contains(name))
            {
                _problems.Add($"{name} = \"{value}\": there is no such setting; waystation serve --help names them all");
            }
        }

        if (_problems.Count > 0)
        {
            throw new SettingsException(_problems);
        }
    }
}
