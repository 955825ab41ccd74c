using System.ComponentModel.DataAnnotations;
using System.Reflection;

namespace Waystation.Proxy.Options.Reading;

/// <summary>
/// Fills the options classes from configuration and gathers everything that is wrong, so that an operator mends all of it at once. A name
/// that no options class has is wrong too: a misspelt name must not pass in silence. .NET's own binder stops at the first error, and
/// knows neither sizes nor lists in one text.
/// </summary>
internal sealed class OptionsReader
{
    private readonly IConfiguration _configuration;
    private readonly HashSet<string> _known = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Settings that have a problem already; further problems that follow from it are not reported.</summary>
    private readonly HashSet<string> _wrong = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<string> _problems = [];

    private OptionsReader(IConfiguration configuration) => _configuration = configuration;

    /// <exception cref="SettingsException">A setting is wrong; the exception names all wrong settings.</exception>
    public static NodeOptions Read(IConfiguration configuration)
    {
        (NodeOptions options, IReadOnlyList<string> problems) = ReadAll(configuration);
        return problems.Count == 0 ? options : throw new SettingsException(problems);
    }

    /// <summary>
    /// The options as far as they are right, and all that is wrong. A wrong setting has its default, a required one none.
    /// </summary>
    public static (NodeOptions Options, IReadOnlyList<string> Problems) ReadAll(IConfiguration configuration)
    {
        var reader = new OptionsReader(configuration);
        var options = (NodeOptions)reader.ReadSection(typeof(NodeOptions), "");
        reader.RefuseUnknownNames();
        return (options, reader._problems);
    }

    private object ReadSection(Type type, string prefix)
    {
        object options = Activator.CreateInstance(type)!;
        foreach (Setting setting in Setting.In(type, prefix))
        {
            _known.Add(setting.Name);
            object? value = setting.IsList ? ReadList(setting) : ReadValue(setting);
            if (value is not null)
            {
                setting.Set(options, value);
            }
        }

        foreach ((PropertyInfo property, Type section, bool isNumbered) in Setting.SectionsIn(type))
        {
            string name = prefix + property.Name;
            property.SetValue(options, isNumbered ? ReadNumbered(section, name) : ReadSection(section, name + ":"));
        }

        if (options is IValidatableObject validatable)
        {
            foreach (ValidationResult result in validatable.Validate(new ValidationContext(options)))
            {
                Refuse((prefix + result.MemberNames.Single()).TrimEnd(':'), result.ErrorMessage!);
            }
        }

        return options;
    }

    /// <summary>A section that is there several times, as <c>Primaries:0</c> and <c>Primaries:1</c>; once at least.</summary>
    private Array ReadNumbered(Type section, string name)
    {
        string[] keys = [.. _configuration.GetSection(name).GetChildren().Select(static child => child.Key)];
        keys = keys is [] ? ["0"] : keys;
        var all = Array.CreateInstance(section, keys.Length);
        for (int i = 0; i < keys.Length; i++)
        {
            all.SetValue(ReadSection(section, $"{name}:{keys[i]}:"), i);
        }

        return all;
    }

    private object? ReadValue(Setting setting)
    {
        if (_configuration[setting.Name] is not { Length: > 0 } text)
        {
            if (setting.IsRequired)
            {
                Refuse(setting.Name, UsageOf(setting));
            }

            return null;
        }

        return ParseOrRefuse(setting, setting.Name, text);
    }

    /// <summary>One text with semicolons, or numbered children; null if there is neither.</summary>
    private Array? ReadList(Setting setting)
    {
        IConfigurationSection[] children = [.. _configuration.GetSection(setting.Name).GetChildren()];
        // A text of a later source takes the place of the numbered children of an earlier one, which are known as well.
        _known.UnionWith(children.Select(static child => child.Path));
        List<object?> values = _configuration[setting.Name] is { Length: > 0 } joined
            ?
            [
                .. joined
                    .Split([';', ','], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
                    .Select(text => ParseOrRefuse(setting, setting.Name, text)),
            ]
            : [.. children.Select(child => ParseOrRefuse(setting, child.Path, child.Value ?? ""))];
        object[] good = [.. values.OfType<object>()];
        if (good.Length == 0)
        {
            return null;
        }

        var list = Array.CreateInstance(setting.ValueType, good.Length);
        good.CopyTo(list, 0);
        return list;
    }

    private object? ParseOrRefuse(Setting setting, string name, string text)
    {
        object? value = setting.Parse(text);
        if (value is null)
        {
            _wrong.Add(name);
            _problems.Add($"{name} = \"{text}\": accepted is {setting.Accepted}");
        }

        return value;
    }

    private static string UsageOf(Setting setting) =>
        $"{setting.About.Option} {setting.About.ValueName}" + (setting.Accepted.Length > 0 ? $", {setting.Accepted}" : "");

    private void Refuse(string name, string accepted)
    {
        if (_wrong.Add(name))
        {
            _problems.Add(
                _configuration[name] is { Length: > 0 } text ? $"{name} = \"{text}\": accepted is {accepted}"
                : _known.Contains(name) ? $"{name} is not set: give {accepted}"
                : $"{name} is wrong: give {accepted}"
            );
        }
    }

    private void RefuseUnknownNames()
    {
        foreach ((string name, string? value) in _configuration.AsEnumerable())
        {
            if (value is not null && !_known.Contains(name))
            {
                _problems.Add($"{name} = \"{value}\": there is no such setting; waystation serve --help lists all settings");
            }
        }
    }
}
