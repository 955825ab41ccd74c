using System.Reflection;

namespace Waystation.Proxy.Options.Reading;

/// <summary>Every setting there is, in the order of the options classes.</summary>
internal static class SettingTable
{
    /// <summary>All settings with their defaults in words. Numbered sections have the number 0.</summary>
    public static IReadOnlyList<(Setting Setting, string Default)> All { get; } = [.. Of(new NodeOptions(), "")];

    private static IEnumerable<(Setting Setting, string Default)> Of(object options, string prefix)
    {
        // In the order of the class: primaries come before the settings of the node itself.
        ILookup<bool, (PropertyInfo Property, Type Options, bool IsNumbered)> sections = Setting
            .SectionsIn(options.GetType())
            .ToLookup(static section => section.IsNumbered);
        IEnumerable<(Setting, string)> OfSection((PropertyInfo Property, Type Options, bool IsNumbered) section) =>
            Of(Activator.CreateInstance(section.Options)!, $"{prefix}{section.Property.Name}:{(section.IsNumbered ? "0:" : "")}");
        return
        [
            .. sections[true].SelectMany(OfSection),
            .. Setting.In(options.GetType(), prefix).Select(setting => (setting, setting.DefaultIn(options))),
            .. sections[false].SelectMany(OfSection),
        ];
    }
}
