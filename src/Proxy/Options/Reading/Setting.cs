using System.ComponentModel.DataAnnotations;
using System.Reflection;
using Waystation.CacheStore.Options;

namespace Waystation.Proxy.Options.Reading;

/// <summary>One setting, as its property in an options class describes it.</summary>
internal sealed class Setting
{
    private readonly PropertyInfo _property;
    private readonly SettingKind _kind;
    private readonly ValidationAttribute[] _checks;

    private Setting(string prefix, PropertyInfo property, SettingAttribute about)
    {
        _property = property;
        _checks = [.. property.GetCustomAttributes<ValidationAttribute>()];
        Name = prefix + property.Name;
        About = about;
        IsList = ItemOf(property.PropertyType) is not null;
        ValueType = ItemOf(property.PropertyType) ?? Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        _kind = SettingKind.Of(ValueType);
    }

    /// <summary>The whole name, such as <c>Mirrors:SyncWait</c>.</summary>
    public string Name { get; }

    public SettingAttribute About { get; }

    /// <summary>The type of a value; of a list, the type of an item.</summary>
    public Type ValueType { get; }

    public bool IsList { get; }

    public bool IsRequired => Array.Exists(_checks, static check => check is RequiredAttribute);

    /// <summary>The range of a number, size or time; null if there is none.</summary>
    public RangeAttribute? RangeOrNull => _checks.OfType<RangeAttribute>().FirstOrDefault();

    /// <summary>The accepted values in words; empty if any text is accepted.</summary>
    public string Accepted
    {
        get =>
            _checks.OfType<AcceptedAttribute>().FirstOrDefault() is { } accepted ? accepted.Accepted
            : RangeOrNull is { } range ? $"{_kind.Noun} from {Limit(range.Minimum)} to {Limit(range.Maximum)}"
            : _kind.Noun + _kind.Example;
    }

    /// <summary>The settings of an options class, without those of the sections in it.</summary>
    public static IEnumerable<Setting> In(Type options, string prefix) =>
        options
            .GetProperties()
            .Where(static property => property.IsDefined(typeof(SettingAttribute)))
            .Select(property => new Setting(prefix, property, property.GetCustomAttribute<SettingAttribute>()!));

    /// <summary>The sections in an options class: a property each, and whether the section is numbered.</summary>
    public static IEnumerable<(PropertyInfo Property, Type Options, bool IsNumbered)> SectionsIn(Type options) =>
        options
            .GetProperties()
            .Where(static property => property.CanWrite)
            .Select(static property => (property, Type: ItemOf(property.PropertyType) ?? property.PropertyType))
            .Where(static one => Array.Exists(one.Type.GetProperties(), static inner => inner.IsDefined(typeof(SettingAttribute))))
            .Select(static one => (one.property, one.Type, ItemOf(one.property.PropertyType) is not null));

    /// <summary>The default from the initialiser of the property, or in words if it is not the same everywhere.</summary>
    public string DefaultIn(object options) =>
        About.Default
        ?? (
            IsRequired
                ? "must be given"
                : _property.GetValue(options) switch
                {
                    null or "" => "none",
                    System.Collections.IEnumerable items when IsList => Join(items),
                    { } value => _kind.Format(value),
                }
        );

    /// <summary>Parses one value; null if it is not accepted.</summary>
    public object? Parse(string text)
    {
        object? value = _kind.Parse(text);
        return value is null || !Array.TrueForAll(_checks, check => check.IsValid(value)) ? null
            : Array.Exists(_checks, static check => check is ExistingFileAttribute) ? Path.GetFullPath((string)value)
            : value;
    }

    public void Set(object options, object value) => _property.SetValue(options, value);

    private static Type? ItemOf(Type type) =>
        type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyList<>) ? type.GetGenericArguments()[0] : null;

    private string Join(System.Collections.IEnumerable items)
    {
        string joined = string.Join(';', items.Cast<object>().Select(_kind.Format));
        return joined.Length == 0 ? "none" : joined;
    }

    private string Limit(object limit) => _kind.Format(_kind.Parse(limit.ToString()!)!);
}
