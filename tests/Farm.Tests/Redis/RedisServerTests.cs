using Waystation.TestKit.Servers;

namespace Waystation.Farm.Tests.Redis;

/// <summary>The server that other tests rely on.</summary>
public sealed class RedisServerTests
{
    [Fact]
    public async Task AServerThatWasKilled_HasEverything_OrNothing()
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        Assert.Equal("OK", await redis.RunAsync("SET", "key", "value"));
        redis.Kill();
        await redis.StartAgainAsync(isEmpty: false);
        Assert.Equal("value", await redis.RunAsync("GET", "key"));
        await redis.StartAgainAsync(isEmpty: true);
        Assert.Equal("", await redis.RunAsync("GET", "key"));
    }

    [Fact]
    public async Task AServerWithTlsUserAndLimit_Starts()
    {
        using var folder = new TempFolder();
        await using RedisServer redis = await RedisServer.StartAsync(
            new()
            {
                Tls = await TlsFiles.CreateAsync(folder),
                User = "waystation",
                IsDefaultUserOpen = false,
                MaxMemory = 8 * 1024 * 1024,
            }
        );
        Assert.Contains("waystation", await redis.RunAsync("ACL", "USERS"), StringComparison.Ordinal);
        Assert.Contains("8388608", await redis.RunAsync("CONFIG", "GET", "maxmemory"), StringComparison.Ordinal);
    }
}
