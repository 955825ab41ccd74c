using System.Text;
using Waystation.EndToEnd.Tests.Ssh;
using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Attempts;

/// <summary>
/// A node with both doors in front of two primaries, and a private repository that alice has just cloned through it. After each attempt the
/// test asks whether alice still gets what the primary gives.
/// </summary>
public sealed class AttemptStation : IAsyncLifetime
{
    /// <summary>The name of the first primary; the other one is called localhost.</summary>
    public const string Host = "127.0.0.1";

    private ApachePrimary? _other;

    public SshStation Doors { get; } = new();

    public WaystationNode Node => Doors.Node;

    public ApachePrimary Primary => Doors.Web;

    /// <summary>A primary with the same users, and repositories of its own.</summary>
    public ApachePrimary Other => _other ?? throw new InvalidOperationException("not started");

    /// <summary>Readable by alice and bob.</summary>
    public PrimaryRepository Plans { get; private set; } = null!;

    /// <summary>Readable by all.</summary>
    public PrimaryRepository Open { get; private set; } = null!;

    /// <summary>The commit that is wanted.</summary>
    public string Tip { get; private set; } = "";

    public static string Login(string user, string? password = null) =>
        "Authorization: Basic "
        + Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password ?? user + ApachePrimary.PasswordSuffix}"));

    public async Task InitializeAsync()
    {
        try
        {
            _other = await ApachePrimary.StartAsync();
            await Doors.StartAsync(["--Primaries:1:Url", $"http://localhost:{_other.Url.Port}"]);
            Plans = await Primary.CreateAsync("private/plans.git", new History(Seed: 61));
            Open = await Primary.CreateAsync("public/open.git", new History(Seed: 62));
            Tip = await Plans.ResolveAsync("refs/heads/main");
            await AssertAliceIsServedAsync();
        }
        catch
        {
            await DisposeAsync();
            throw;
        }
    }

    public async Task DisposeAsync()
    {
        await Doors.DisposeAsync();
        if (_other is not null)
        {
            await _other.DisposeAsync();
        }
    }

    /// <summary>Sends the same bytes to the primary and through the node.</summary>
    public async Task<(RawAnswer Direct, RawAnswer Through)> AskBothAsync(string request)
    {
        byte[] bytes = Encoding.Latin1.GetBytes(request);
        return (await RawConnection.AskAsync(Primary.Url, bytes), await RawConnection.AskAsync(Node.Url, bytes));
    }

    /// <summary>alice's refs and packs are the primary's, over HTTP, whatever others have tried.</summary>
    public async Task AssertAliceIsServedAsync()
    {
        foreach (string body in (string[])[UploadPack.LsRefs(), UploadPack.Fetch([Tip]), UploadPack.Fetch([Tip], "deepen 1")])
        {
            RawAnswer direct = await RawConnection.AskAsync(Primary.Url, UploadPack.Post("/" + Plans.Name, Host, body, Login("alice"))),
                through = await RawConnection.AskAsync(Node.Url, UploadPack.Post("/" + Plans.Name, Host, body, Login("alice")));
            Assert.Equal((direct.Status, ObjectsIn(direct)), (through.Status, ObjectsIn(through)));
            if (body == UploadPack.LsRefs())
            {
                Assert.Equal(direct.Text, through.Text);
            }
        }
    }

    /// <summary>The number of objects that the header of a pack says; -1 without a pack.</summary>
    internal static int ObjectsIn(RawAnswer answer)
    {
        int pack = answer.Body.AsSpan().IndexOf("PACK\0\0\0\u0002"u8);
        return pack < 0 ? -1 : System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(answer.Body.AsSpan(pack + 8));
    }
}
