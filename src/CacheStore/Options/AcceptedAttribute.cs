using System.ComponentModel.DataAnnotations;

namespace Waystation.CacheStore.Options;

/// <summary>A check of one value that also says which values it accepts. On a list it checks each item.</summary>
/// <param name="accepted">The accepted values, as an error and the help name them.</param>
public abstract class AcceptedAttribute(string accepted) : ValidationAttribute
{
    /// <summary>The accepted values, such as <c>an http:// or https:// URL</c>.</summary>
    public string Accepted { get; } = accepted;
}
