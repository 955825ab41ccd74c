namespace Waystation.CacheStore.Options;

/// <summary>
/// Makes a property of an options class a setting of the program. Its initialiser is the default. Its type says how it is written: a
/// <see cref="long"/> is a size such as <c>64GiB</c>, a <see cref="TimeSpan"/> a time such as <c>00:00:30</c>. Validation attributes say
/// which values are accepted. The help, <c>docs/settings.md</c> and the check for unknown names are made from it.
/// </summary>
/// <param name="description">The meaning for an operator, in a plain sentence or two.</param>
[AttributeUsage(AttributeTargets.Property)]
public sealed class SettingAttribute(string description) : Attribute
{
    /// <summary>The meaning for an operator.</summary>
    public string Description { get; } = description;

    /// <summary>A short option of <c>waystation serve</c>, such as <c>--data</c>; null if there is none.</summary>
    public string? Option { get; set; }

    /// <summary>The word for the value in the usage of <see cref="Option"/>, such as <c>DIR</c>.</summary>
    public string? ValueName { get; set; }

    /// <summary>The default in words, if it is not a fixed value because it depends on the machine or on another setting.</summary>
    public string? Default { get; set; }

    /// <summary>A section of the documentation that tells more, such as <c>operations.md#outages</c>.</summary>
    public string? Page { get; set; }
}
