using System.Buffers;
using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.IO.Pipelines;
using Microsoft.Extensions.Logging.Abstractions;
using Waystation.CacheStore;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Access.Tickets;
using Waystation.FetchCore.Observing;
using Waystation.FetchCore.Primaries;
using Waystation.GitProtocol.Advertisements;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.Requests;
using Waystation.Primaries.Gate;
using Waystation.Primaries.Ssh;
using Waystation.Primaries.Ssh.Keys;
using Waystation.Primaries.Ssh.UploadPack;
using Waystation.TestKit.Servers;

namespace Waystation.Primaries.Tests.Ssh;

/// <summary>A primary behind a real sshd, with everything that a node needs to reach it.</summary>
public sealed class SshStage : IAsyncLifetime, IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly Meter _meter = new("SshStage");
    private readonly ReadBudget _budget = new(0, TimeProvider.System);
    private readonly ConcurrentBag<SshOrigin> _origins = [];

    public SshdPrimary Primary { get; private set; } = null!;

    public PrimaryRepository Repository { get; private set; } = null!;

    public SshKey Alice { get; private set; } = null!;

    public SshKey Bob { get; private set; } = null!;

    public SshKey Mallory { get; private set; } = null!;

    /// <summary>A key that the primary does not know.</summary>
    public SshKey Stranger { get; private set; } = null!;

    public TempFolder Folder => _folder;

    /// <summary>The folder of a channel's files while it runs.</summary>
    public string Channels => _folder.CreateFolder("channels");

    public SshClient Client => new(Channels, NullLogger<SshClient>.Instance);

    public SshTarget Target =>
        new()
        {
            Host = "127.0.0.1",
            Port = Primary.Port,
            User = SshdPrimary.User,
            KnownHostsFile = Primary.KnownHostsFile,
        };

    public SshAsker Asker { get; }

    public SshStage()
    {
        Asker = new SshAsker(
            new RepositoryName("git.example.com", "public/tool.git"),
            new CredentialDigester().Digest([new("ssh key", "alice")]),
            new AccessTickets(TimeProvider.System, TimeSpan.FromSeconds(30)),
            new FetchMeters(_meter)
        );
    }

    public static SshPublicKey PublicKeyOf(SshKey key) => PublicKeyOf(key.PublicFile);

    public static SshPublicKey PublicKeyOf(string file) =>
        SshPublicKey.TryParse(File.ReadAllText(file), out SshPublicKey? key) ? key : throw new InvalidDataException(file);

    public static SshIdentity FileOf(SshKey key) => new SshIdentity.KeyFile(key.PrivateFile);

    public async Task InitializeAsync()
    {
        Primary = await SshdPrimary.StartAsync();
        Repository = await Primary.CreateAsync("public/tool.git", new History(7));
        await Primary.CreateAsync("private/plans.git", new History(8));
        Alice = await SshKey.CreateAsync(_folder["alice"]);
        Bob = await SshKey.CreateAsync(_folder["bob"]);
        Mallory = await SshKey.CreateAsync(_folder["mallory"]);
        Stranger = await SshKey.CreateAsync(_folder["stranger"]);
        Primary.Admit("alice", Alice);
        Primary.Admit("bob", Bob);
        Primary.Admit("mallory", Mallory);
    }

    public SshUploadPacks PacksOf(SshIdentity identity, string path = "public/tool.git", SshTarget? target = null) =>
        new(Client, OriginOf(target ?? Target), identity, path);

    public SshOrigin OriginOf(SshTarget target)
    {
        var origin = new SshOrigin(target, TimeSpan.FromSeconds(30), _budget, TimeProvider.System, NullLogger.Instance);
        _origins.Add(origin);
        return origin;
    }

    /// <summary>All of a reply's body.</summary>
    public static async Task<byte[]> ReadAllAsync(PipeReader body)
    {
        using var all = new MemoryStream();
        await body.CopyToAsync(all);
        return all.ToArray();
    }

    /// <summary>The refs that an identity is shown, through the reply that a front end gets.</summary>
    public async Task<(SshPrimaryReply Reply, IReadOnlyList<RefTip> Tips)> LsRefsAsync(
        SshUploadPacks packs,
        ObjectFormat format = ObjectFormat.Sha1
    )
    {
        var primary = new SshPrimary(packs, default, Asker);
        PrimaryReply reply = await primary.LsRefsAsync(LsRefsRequest.All(format), CancellationToken.None);
        await using (reply)
        {
            var reader = new LsRefsReader(format);
            reader.Read(await ReadAllAsync(reply.Body));
            return ((SshPrimaryReply)reply, reader.Tips);
        }
    }

    /// <summary>The agent's key that the primary accepted for the command that is open.</summary>
    public static async Task<SshPublicKey?> AcceptedKeyAsync(SshUploadPacks packs)
    {
        (SshOpening opening, bool isNew) = await packs.TakeAsync(fresh: false, CancellationToken.None);
        Assert.False(isNew);
        SshUploadPack uploadPack = Assert.IsType<SshOpening.Opened>(opening).UploadPack;
        await packs.GiveBackAsync(uploadPack, isWhole: true);
        return uploadPack.AcceptedKey;
    }

    public static byte[] CommandOf(FetchRequest request)
    {
        var written = new ArrayBufferWriter<byte>();
        FetchRequestWriter.WriteV2(written, request, ResponseFraming.V2, agent: null);
        return written.WrittenSpan.ToArray();
    }

    public static FetchRequest CloneOf(string tip) =>
        new()
        {
            ObjectFormat = ObjectFormat.Sha1,
            Wants = [ObjectId.Parse(tip)],
            Haves = [],
            Shallows = [],
            Pack = PackWhen.AtOnce,
            OfsDelta = true,
        };

    public async Task DisposeAsync()
    {
        await Primary.DisposeAsync();
        Dispose();
    }

    public void Dispose()
    {
        while (_origins.TryTake(out SshOrigin? origin))
        {
            origin.Dispose();
        }

        _folder.Dispose();
        _meter.Dispose();
    }
}
