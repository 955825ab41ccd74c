namespace Waystation.TestKit.Servers;

/// <summary>How a Redis is started. Unsaid settings are those of a Redis without a password, TLS and limit.</summary>
public sealed record RedisSettings
{
    /// <summary>The name of an ACL user; null if there is none but <c>default</c>.</summary>
    public string? User { get; init; }

    /// <summary>The password of <see cref="User"/>.</summary>
    public string Password { get; init; } = "redis-password";

    /// <summary>What <see cref="User"/> may do, in the words of ACL SETUSER.</summary>
    public IReadOnlyList<string> Rules { get; init; } = ["~*", "&*", "+@all"];

    /// <summary>Whether <c>default</c>, the user of connections without a name, may do everything.</summary>
    public bool IsDefaultUserOpen { get; init; } = true;

    /// <summary>Null is a Redis without TLS. With it the server takes TLS only.</summary>
    public TlsFiles? Tls { get; init; }

    /// <summary>The most memory for values in bytes, after which writes fail; 0 is no limit.</summary>
    public long MaxMemory { get; init; }

    /// <summary>Further lines of the configuration.</summary>
    public IReadOnlyList<string> Further { get; init; } = [];

    /// <summary>Further arguments, such as <c>--sentinel</c>.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];
}
