using Waystation.CacheStore;
using Waystation.CacheStore.Mirrors;
using Waystation.CacheStore.Packs;
using Waystation.CacheStore.Packs.Storing;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Access.Tickets;
using Waystation.FetchCore.Memory;
using Waystation.FetchCore.Observing;
using Waystation.FetchCore.Packs;
using Waystation.FetchCore.Peers;
using Waystation.FetchCore.Refs;
using Waystation.FetchCore.Tests.Mirrors;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.Requests;
using Waystation.TestKit.Servers;

namespace Waystation.FetchCore.Tests;

/// <summary>The core on a real disk, in front of a <see cref="FakePrimary"/>, under a clock that tests turn.</summary>
internal sealed class CoreFixture : IAsyncDisposable
{
    public static readonly RepositoryName Repository = new("git.example.com", "team/tool.git");

    private readonly TempFolder _folder = new();
    private readonly CredentialDigester _digester = new();
    private readonly CoreParts _parts;

    public CoreFixture(TimeSpan? ticketLifetime = null, IPeers? peers = null)
    {
        Primary = new FakePrimary(Time);
        // Its packs are no packs of git's: there is nothing to make mirrors of.
        _parts = new CoreParts(_folder["data"], Time, new MirrorOptions { MaxSize = 0 }, new ServiceUser(), ticketLifetime, peers);
    }

    public ManualTime Time { get; } = new();

    public RequestMemory Memory => _parts.Memory;

    public FakePrimary Primary { get; }

    public AccessTickets Tickets => _parts.Tickets;

    public DiskPackTier Store => _parts.Store;

    public FillTable Fills => _parts.Fills;

    public FetchService Service => _parts.Service;

    public RefsService Refs => _parts.RefsService;

    public FetchObserver Observer => _parts.Observer;

    public RecentFetches Recent => _parts.Recent;

    public static ObjectId Id(int number) => ObjectId.Parse(number.ToString("x40"));

    /// <summary>The credential of a user; without a name, that of a client without a login.</summary>
    public Credential CredentialOf(string user) => _digester.Digest(user.Length > 0 ? [new("header authorization", user)] : []);

    public static FetchRequest Clone(params ObjectId[] wants) =>
        new()
        {
            ObjectFormat = ObjectFormat.Sha1,
            Wants = wants,
            Haves = [],
            Shallows = [],
            Pack = PackWhen.AtOnce,
            OfsDelta = true,
        };

    public Task<FetchAnswer> FetchAsync(string user, FetchRequest request, VisibilityRule rule = VisibilityRule.Advertised) =>
        FetchAsync(user, new ParsedCommand.Fetch(request, ResponseFraming.V2), rule);

    public Task<FetchAnswer> FetchAsync(string user, ParsedCommand.Fetch asked, VisibilityRule rule = VisibilityRule.Advertised) =>
        Service.FetchAsync(CallOf(user, asked, rule), CancellationToken.None);

    /// <summary>A fetch that begins now.</summary>
    public FetchCall CallOf(string user, ParsedCommand.Fetch asked, VisibilityRule rule = VisibilityRule.Advertised) =>
        new(
            Repository,
            CredentialOf(user),
            asked.Request,
            asked.Framing,
            rule,
            Primary.For(user),
            Observer.Begin("test", Repository, CredentialOf(user), Observer.Now, CancellationToken.None)
        );

    /// <summary>Reads an answer as a front end would: all of the pack.</summary>
    public static async Task<byte[]> ReadAsync(FetchAnswer answer)
    {
        FetchAnswer.Pack pack = Assert.IsType<FetchAnswer.Pack>(answer);
        await using PackReader reader = pack.Reader;
        using var all = new MemoryStream();
        while (await reader.NextAsync(CancellationToken.None) is { Kind: not PackStepKind.End } step)
        {
            if (step.Kind == PackStepKind.Bytes)
            {
                byte[] piece = new byte[step.Length];
                await reader.ReadAsync(piece, CancellationToken.None);
                reader.Verify();
                all.Write(piece);
            }
        }

        return all.ToArray();
    }

    public async ValueTask DisposeAsync()
    {
        await _parts.DisposeAsync();
        _folder.Dispose();
    }
}
