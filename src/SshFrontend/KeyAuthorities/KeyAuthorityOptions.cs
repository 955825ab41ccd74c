using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Logging;
using Waystation.CacheStore.Options;

namespace Waystation.SshFrontend.KeyAuthorities;

/// <summary>The section <c>Ssh:KeyAuthority</c>: at most one of <see cref="File"/>, <see cref="Command"/> and <see cref="Url"/>.</summary>
public sealed record KeyAuthorityOptions : IValidatableObject
{
    private const string Page = "key-authorities.md";

    /// <summary>An absolute path.</summary>
    [Setting("A JSON file with a list of keys and their credentials at the primary.", Page = Page)]
    [ExistingFile]
    public string? File { get; init; }

    /// <summary>An absolute path and arguments.</summary>
    [Setting("A program that is asked about a key, instead of the file: its absolute path and its arguments.", Page = Page)]
    public IReadOnlyList<string> Command { get; init; } = [];

    /// <summary>An address that <see cref="HttpKeyAuthority.Accepts"/>.</summary>
    [Setting("A URL that is asked about a key, instead of the file.", Page = Page)]
    [KeyAuthorityUrl]
    public Uri? Url { get; init; }

    /// <summary>
    /// The time for a program or an endpoint to answer. A client offers several keys within the two minutes that sshd allows.
    /// </summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a credential is kept. One clone makes several connections within this time. A removed key works no longer than
    /// this.</summary>
    public TimeSpan KeepFor { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Whether there is a key authority.</summary>
    public bool IsSet => File is not null || Command.Count > 0 || Url is not null;

    /// <inheritdoc />
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Command is [var program, ..] && (!Path.IsPathRooted(program) || !System.IO.File.Exists(program)))
        {
            yield return new("the absolute path of a program, and its arguments", [nameof(Command)]);
        }

        if ((File is null ? 0 : 1) + (Command.Count > 0 ? 1 : 0) + (Url is null ? 0 : 1) > 1)
        {
            yield return new("only one of File, Command and Url", [""]);
        }
    }

    /// <summary>The authority, with its cache; the receiver disposes it.</summary>
    /// <exception cref="InvalidOperationException">There is no key authority.</exception>
    /// <exception cref="ArgumentException">The value of a setting is not accepted.</exception>
    public CachedKeyAuthority Open(TimeProvider time, ILoggerFactory loggers)
    {
        IKeyAuthority authority = this switch
        {
            { File: { } file } => new FileKeyAuthority(file),
            { Command.Count: > 0 } => new CommandKeyAuthority(Command, Timeout, loggers.CreateLogger<CommandKeyAuthority>()),
            { Url: { } url } => new HttpKeyAuthority(url, Timeout),
            _ => throw new InvalidOperationException("no key authority is set"),
        };
        return new CachedKeyAuthority(authority, KeepFor, time);
    }
}
