using Microsoft.Extensions.Logging;

namespace Waystation.SshFrontend.KeyAuthorities;

/// <summary>Which key authority there is: at most one of <see cref="File"/>, <see cref="Command"/> and <see cref="Url"/>.</summary>
public sealed record KeyAuthorityOptions
{
    /// <summary><c>Ssh:KeyAuthority:File</c>: an absolute path.</summary>
    public string? File { get; init; }

    /// <summary><c>Ssh:KeyAuthority:Command</c>: an absolute path and arguments.</summary>
    public IReadOnlyList<string> Command { get; init; } = [];

    /// <summary><c>Ssh:KeyAuthority:Url</c>: an address that <see cref="HttpKeyAuthority.Accepts"/>.</summary>
    public Uri? Url { get; init; }

    /// <summary>How long a program or an endpoint may take. A client offers several keys within the two minutes that sshd gives
    /// it.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a credential is kept. One clone makes several connections within this, and who is taken off is so within
    /// it.</summary>
    public TimeSpan KeepFor { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Whether there is one at all.</summary>
    public bool IsSet => File is not null || Command.Count > 0 || Url is not null;

    /// <summary>The authority, with its cache; the receiver disposes it.</summary>
    /// <exception cref="InvalidOperationException">There is none.</exception>
    /// <exception cref="ArgumentException">What is set cannot be one.</exception>
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
