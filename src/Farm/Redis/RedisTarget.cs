using StackExchange.Redis;

namespace Waystation.Farm.Redis;

/// <summary>Where Redis is, and how the node logs in there.</summary>
/// <param name="Configuration">The configuration string of StackExchange.Redis.</param>
/// <param name="User">The ACL user; null for the one of the configuration string.</param>
/// <param name="PasswordFile">A file with the password, read at each connect; null for the password of the configuration string.</param>
/// <param name="CaFile">A PEM file with the authority of the server's certificate; null for those of the system.</param>
public sealed record RedisTarget(string Configuration, string? User = null, string? PasswordFile = null, string? CaFile = null)
{
    /// <summary>The time in which the client gives up a command.</summary>
    private const int CommandMilliseconds = 200;

    private const int ConnectMilliseconds = 1_000;

    /// <summary>The client's heartbeat. Only it notices that a server has frozen.</summary>
    private const int HeartbeatMilliseconds = 100;

    private const int ReconnectMilliseconds = 250;

    /// <summary>What is wrong with the configuration string; null if nothing is.</summary>
    public string? Problem()
    {
        try
        {
            ConfigurationOptions options = ConfigurationOptions.Parse(Configuration);
            return options.EndPoints.Count == 0 ? "HOST:PORT of a Redis" : null;
        }
        catch (Exception e) when (e is ArgumentException or FormatException or OverflowException)
        {
            return $"HOST:PORT, further ones, and options of StackExchange.Redis, with commas between them ({e.Message})";
        }
    }

    /// <summary>Whether the configuration string asks for TLS.</summary>
    public bool IsTls => ConfigurationOptions.Parse(Configuration).Ssl;

    /// <summary>The options of a connection.</summary>
    /// <exception cref="IOException">The file with the password cannot be read.</exception>
    internal ConfigurationOptions Open(string clientName)
    {
        ConfigurationOptions options = ConfigurationOptions.Parse(Configuration);
        options.ClientName = "waystation-" + clientName.Replace(' ', '-');
        options.User = User ?? options.User;
        options.Password = PasswordFile is null ? options.Password : File.ReadAllText(PasswordFile).Trim();
        options.AbortOnConnectFail = false;
        // The default policy keeps each command for 5 seconds while the server is away.
        options.BacklogPolicy = BacklogPolicy.FailFast;
        options.AsyncTimeout = CommandMilliseconds;
        options.SyncTimeout = CommandMilliseconds;
        options.ConnectTimeout = ConnectMilliseconds;
        options.HeartbeatInterval = TimeSpan.FromMilliseconds(HeartbeatMilliseconds);
        options.ReconnectRetryPolicy = new LinearRetry(ReconnectMilliseconds);
        options.KeepAlive = 1;
        options.AllowAdmin = false;
        options.IncludeDetailInExceptions = false;
        // The client's own key and channel for several servers: an ACL user need not have them.
        options.TieBreaker = "";
        options.ConfigurationChannel = "";
        if (CaFile is not null)
        {
            var authority = new RedisAuthority(CaFile);
            options.CertificateValidation += (_, certificate, chain, errors) => authority.Trusts(certificate, chain, errors);
        }

        return options;
    }
}
