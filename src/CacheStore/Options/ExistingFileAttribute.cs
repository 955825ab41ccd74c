namespace Waystation.CacheStore.Options;

/// <summary>Accepts the path of a file that exists. The options class gets the absolute path.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class ExistingFileAttribute() : AcceptedAttribute("the path of a file that can be read")
{
    /// <inheritdoc />
    public override bool IsValid(object? value) => value is string path && File.Exists(path);
}
