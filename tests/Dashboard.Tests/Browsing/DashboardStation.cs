using System.Security.Cryptography;
using System.Text.Json;
using Waystation.TestKit.Servers;

namespace Waystation.Dashboard.Tests.Browsing;

/// <summary>
/// A primary, two nodes in front of it and a browser, for all tests of this project. <see cref="Node"/> is open, has a service credential,
/// a day of history and work with names that do harm where they are not escaped. <see cref="Guarded"/> is new, has a token, a certificate
/// and a farm of its own.
/// </summary>
public sealed class DashboardStation : IAsyncLifetime
{
    /// <summary>The token of <see cref="Guarded"/>.</summary>
    public const string Token = "correct horse battery staple";

    /// <summary>The password of the service credential.</summary>
    public const string ServicePassword = "alice" + ApachePrimary.PasswordSuffix;

    /// <summary>A path in the work that an earlier run left: a script, a quote, a name that reads backwards.</summary>
    public const string HostilePath = "team/<script>alert(1)</script>\"'&amp;\u202Etxt.exe\u200B/<img src=x onerror=alert(2)>.git";

    /// <summary>The failure of that work.</summary>
    public const string HostileError = "refused: </td><script>alert(3)</script>\u202E\nSet-Cookie: x=y";

    private ApachePrimary? _primary;
    private RedisServer? _redis;
    private WaystationNode? _node;
    private WaystationNode? _guarded;
    private Chromium? _browser;

    public TempFolder Folder { get; } = new();

    public ApachePrimary Primary => _primary!;

    public WaystationNode Node => _node!;

    public WaystationNode Guarded => _guarded!;

    public Chromium Browser => _browser!;

    /// <summary>A repository of which <see cref="Node"/> has a mirror.</summary>
    public PrimaryRepository Widgets { get; private set; } = null!;

    /// <summary>A person's git.</summary>
    public GitClient Git { get; private set; } = null!;

    public string TokenFile => Folder["token"];

    public async Task InitializeAsync()
    {
        try
        {
            Task<Chromium> browser = Chromium.StartAsync(Folder);
            Task<RedisServer> redis = RedisServer.StartAsync();
            _primary = await ApachePrimary.StartAsync();
            Widgets = await Primary.CreateAsync("public/widgets.git", new History(Seed: 71));
            Git = new GitClient(Folder);
            await File.WriteAllTextAsync(TokenFile, Token + "\n");
            await File.WriteAllTextAsync(Folder["password"], ServicePassword + "\n");
            await File.WriteAllTextAsync(Folder["farm.secret"], Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32)) + "\n");
            TlsFiles tls = await TlsFiles.CreateAsync(Folder);
            await PlantAsync(Folder["data"]);
            _redis = await redis;
            Task<WaystationNode> node = StartNodeAsync();
            Task<WaystationNode> guarded = StartGuardedAsync(tls);
            _node = await node;
            _guarded = await guarded;
            _browser = await browser;
            await Git.RunAsync("clone", "--quiet", Node.UrlOf(Widgets).AbsoluteUri, "widgets");
            await Git.RunAsync("clone", "--quiet", "--depth=1", Node.UrlOf(Widgets).AbsoluteUri, "shallow");
            await Git.RunAsync("clone", "--quiet", "--depth=1", Node.UrlOf(Widgets).AbsoluteUri, "shallow-again");
        }
        catch
        {
            await DisposeAsync();
            throw;
        }
    }

    public async Task DisposeAsync()
    {
        if (_browser is not null)
        {
            await _browser.DisposeAsync();
        }

        if (_node is not null)
        {
            await _node.DisposeAsync();
        }

        if (_guarded is not null)
        {
            await _guarded.DisposeAsync();
        }

        if (_redis is not null)
        {
            await _redis.DisposeAsync();
        }

        if (_primary is not null)
        {
            await _primary.DisposeAsync();
        }

        Folder.Dispose();
    }

    private Task<WaystationNode> StartNodeAsync() =>
        WaystationNode.StartAsync(
            new Uri("http://git.example.com/"),
            new NodeSettings
            {
                DataFolder = Folder["data"],
                Options =
                [
                    "--primary-address",
                    Primary.Url.Authority,
                    "--Primaries:0:Service:Username",
                    "alice",
                    "--Primaries:0:Service:PasswordFile",
                    Folder["password"],
                    // Nothing but the tests' own buttons compares mirrors.
                    "--Vet:Every",
                    "01:00:00",
                ],
            }
        );

    private Task<WaystationNode> StartGuardedAsync(TlsFiles tls)
    {
        var addresses = NodeAddresses.Find();
        return WaystationNode.StartAsync(
            new Uri("http://git.example.com/"),
            new NodeSettings
            {
                Listen = [addresses.Url, "https://127.0.0.1:0"],
                Options =
                [
                    "--primary-address",
                    Primary.Url.Authority,
                    "--Admin:TokenFile",
                    TokenFile,
                    "--Tls:Certificate",
                    tls.Certificate,
                    "--Tls:Key",
                    tls.Key,
                    "--redis",
                    _redis!.Address,
                    "--Farm:NodeUrl",
                    addresses.Url,
                    "--Farm:SecretFile",
                    Folder["farm.secret"],
                    "--Farm:Name",
                    "north",
                ],
            }
        );
    }

    /// <summary>What an earlier run of the node left: a day of history, and work.</summary>
    private static async Task PlantAsync(string data)
    {
        Directory.CreateDirectory(data, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        DayOfFetches.Write(Path.Combine(data, "history"), DateTimeOffset.UtcNow);
        object[] work =
        [
            new
            {
                Kind = "Warm",
                Host = "git.example.com",
                Path = HostilePath,
                Due = DateTimeOffset.UtcNow.AddHours(6),
                Failures = 3,
                Error = HostileError,
            },
        ];
        await File.WriteAllTextAsync(Path.Combine(data, "queue.json"), JsonSerializer.Serialize(work));
    }
}
