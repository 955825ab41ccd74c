using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Waystation.Primaries.Ssh;

/// <summary>The address and the host keys of the primary's SSH.</summary>
public sealed record SshTarget
{
    /// <summary>The accepted forms of an <c>SshUrl</c>.</summary>
    public const string Accepted = "ssh://USER@HOST[:PORT][/PREFIX] or USER@HOST:[PREFIX]";

    private const int DefaultPort = 22;

    private static readonly SearchValues<char> s_hostCharacters = SearchValues.Create(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:"
    );

    private static readonly SearchValues<char> s_userCharacters = SearchValues.Create(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_+@"
    );

    /// <summary>The primary's name, by which its host key is known; an IPv6 address without brackets.</summary>
    public required string Host { get; init; }

    /// <summary>The port that belongs to the name.</summary>
    public int Port { get; init; } = DefaultPort;

    /// <summary>The login name at the primary; on forges <c>git</c> for all.</summary>
    public string User { get; init; } = "git";

    /// <summary>The prefix of a repository's path at the primary: empty, <c>/srv/git</c>, or <c>srv/git</c> below the login's
    /// home.</summary>
    public string PathPrefix { get; init; } = "";

    /// <summary>The name or address to connect to instead, if clients' DNS leads the primary's name to the node.</summary>
    public string? ConnectHost { get; init; }

    /// <summary>The port to connect to instead.</summary>
    public int? ConnectPort { get; init; }

    /// <summary>
    /// The primary's host keys, a <c>known_hosts</c> file with absolute path. A key that is not in it under <see cref="KnownAs"/>
    /// is refused; an empty string refuses all.
    /// </summary>
    public string KnownHostsFile { get; init; } = "";

    /// <summary>The name by which the known hosts file has the keys: <c>host</c>, or <c>[host]:port</c> for another port than 22.</summary>
    public string KnownAs => Port == DefaultPort ? Host : string.Create(CultureInfo.InvariantCulture, $"[{Host}]:{Port}");

    /// <summary>Parses an SSH URL or the short form <c>user@host:prefix</c>. Without a user it is <c>git</c>.</summary>
    /// <returns>False for any other text, such as one with a password, or with a character that no host or user has.</returns>
    public static bool TryParse(string? text, [NotNullWhen(true)] out SshTarget? target)
    {
        const string Scheme = "ssh://";
        target = null;
        if (string.IsNullOrEmpty(text) || text.Any(static c => char.IsControl(c) || char.IsWhiteSpace(c)))
        {
            return false;
        }

        return text.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
            ? TryParseUrl(text[Scheme.Length..], out target)
            : !text.Contains("://", StringComparison.Ordinal) && TryParseShort(text, out target);
    }

    /// <summary>The path of a repository at the primary, as it is in the command.</summary>
    /// <param name="path">The client's path: <c>/team/tool.git</c> from a URL, <c>team/tool.git</c> from the short form.</param>
    public string PathOf(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return PathPrefix.Length == 0 ? path : $"{PathPrefix}/{path.TrimStart('/')}";
    }

    private static bool TryParseUrl(string text, [NotNullWhen(true)] out SshTarget? target)
    {
        int slash = text.IndexOf('/', StringComparison.Ordinal);
        string prefix = slash < 0 ? "" : text[slash..].TrimEnd('/');
        string authority = slash < 0 ? text : text[..slash];
        string? user = TakeUser(ref authority);
        int port = DefaultPort;
        int colon = authority.LastIndexOf(':');
        if (colon > authority.LastIndexOf(']'))
        {
            if (
                !int.TryParse(authority.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out port)
                || port is < 1 or > 65_535
            )
            {
                target = null;
                return false;
            }

            authority = authority[..colon];
        }

        return TryMake(user, authority, port, prefix, out target);
    }

    private static bool TryParseShort(string text, [NotNullWhen(true)] out SshTarget? target)
    {
        string? user = TakeUser(ref text);
        int colon = text.IndexOf(':', text.StartsWith('[') ? Math.Max(0, text.IndexOf(']', StringComparison.Ordinal)) : 0);
        string host = colon < 0 ? text : text[..colon];
        string prefix = colon < 0 ? "" : text[(colon + 1)..];
        return TryMake(user, host, DefaultPort, prefix.TrimEnd('/'), out target);
    }

    private static string? TakeUser(ref string authority)
    {
        int at = authority.LastIndexOf('@');
        string? user = at < 0 ? null : authority[..at];
        authority = authority[(at + 1)..];
        return user;
    }

    private static bool TryMake(string? user, string host, int port, string prefix, [NotNullWhen(true)] out SshTarget? target)
    {
        target = null;
        user ??= "git";
        bool isBracketed = host is ['[', .., ']'];
        if (isBracketed)
        {
            host = host[1..^1];
        }

        // The ssh program must not read either as an option or as several words.
        if (
            host.Length == 0
            || host[0] == '-'
            || host.AsSpan().ContainsAnyExcept(s_hostCharacters)
            || (!isBracketed && host.Contains(':', StringComparison.Ordinal))
            || user.Length == 0
            || user[0] == '-'
            || user.AsSpan().ContainsAnyExcept(s_userCharacters)
        )
        {
            return false;
        }

        target = new SshTarget
        {
            Host = host,
            Port = port,
            User = user,
            PathPrefix = prefix,
        };
        return true;
    }
}
