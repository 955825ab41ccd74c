using System.Reflection;

namespace Waystation.Proxy.Options.Reading;

/// <summary>Every setting there is, in the order of the options classes.</summary>
internal static class SettingTable
{
    /// <summary>A setting, and its default in words. Numbered sections stand under 0.</summary>
    public static IReadOnlyList<(Setting Setting, string Default)> All { get; } = [.. Of(new NodeOptions(), "")];

    private static IEnumerable<(Setting Setting, string Default)> Of(object options, string prefix)
    {
        // The sections that stand first in the class come first: primaries, before the settings of the node itself.
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
