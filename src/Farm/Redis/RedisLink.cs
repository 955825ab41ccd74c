using System.Net.Sockets;
using System.Security.Authentication;
using StackExchange.Redis;

namespace Waystation.Farm.Redis;

/// <summary>
/// The client of Redis, made anew where the client cannot help itself. A client whose password is wrong is not refused while the server's
/// user <c>default</c> is open: it stays connected as <c>default</c>. So the link asks each server as which user it is connected.
/// </summary>
internal sealed class RedisLink(RedisTarget target, string nodeName, TimeProvider time, Action signalled) : IAsyncDisposable
{
    /// <summary>The time after which a link that does not work is made anew, with the password that the file has then.</summary>
    private static readonly TimeSpan s_renewAfter = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan s_askWithin = TimeSpan.FromMilliseconds(500);

    private ConnectionMultiplexer? _client;
    private string? _user;
    private long _made;

    /// <summary>The database; null before the first connect.</summary>
    public IDatabase? Database { get; private set; }

    /// <summary>Whether an exception says something about Redis, and nothing about this program.</summary>
    public static bool IsTrouble(Exception e) =>
        e
            is RedisException
                or TimeoutException
                or IOException
                or UnauthorizedAccessException
                or ObjectDisposedException
                or SocketException
                or AuthenticationException
                or TaskCanceledException;

    /// <summary>Connects if need be, and looks who this node is there.</summary>
    /// <param name="isNew">Whether Redis was not in use: then a new connection may have another user.</param>
    /// <returns>What is wrong; null if nothing is.</returns>
    public async Task<string?> TroubleAsync(bool isNew)
    {
        if (_client is not null && isNew && time.GetElapsedTime(_made) > s_renewAfter)
        {
            await CloseAsync();
        }

        if (_client is null)
        {
            await ConnectAsync();
        }

        if (!_client!.IsConnected)
        {
            return "there is no connection";
        }

        if (isNew && await WrongUserAsync() is { } trouble)
        {
            return trouble;
        }

        await ListenAsync();
        return null;
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync() => await CloseAsync();

    /// <inheritdoc />
    public override string ToString() => ConfigurationOptions.Parse(target.Configuration).ToString(includePassword: false);

    private async Task ConnectAsync()
    {
        _made = time.GetTimestamp();
        ConfigurationOptions options = target.Open(nodeName);
        _user = options.User;
        _client = await ConnectionMultiplexer.ConnectAsync(options);
        Database = _client.GetDatabase();
    }

    private async Task CloseAsync()
    {
        ConnectionMultiplexer? client = _client;
        _client = null;
        Database = null;
        if (client is not null)
        {
            await client.DisposeAsync();
        }
    }

    private async Task<string?> WrongUserAsync()
    {
        if (_user is null)
        {
            return null;
        }

        foreach (IServer server in _client!.GetServers().Where(static server => server.IsConnected))
        {
            RedisResult name = await server.ExecuteAsync("ACL", "WHOAMI").WaitAsync(s_askWithin, time);
            if ((string?)name != _user)
            {
                return $"the password of {_user} is wrong, or there is no such user: Redis takes this node for {name}";
            }
        }

        return null;
    }

    private async Task ListenAsync()
    {
        ISubscriber subscriber = _client!.GetSubscriber();
        if (!subscriber.IsConnected(FarmKeys.Signal))
        {
            await subscriber.UnsubscribeAsync(FarmKeys.Signal).WaitAsync(s_askWithin, time);
            await subscriber.SubscribeAsync(FarmKeys.Signal, (_, _) => signalled()).WaitAsync(s_askWithin, time);
        }
    }
}
