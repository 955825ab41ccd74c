using System.Diagnostics;
using Waystation.TestKit.Servers;
using Waystation.TestKit.Servers.Lfs;

namespace Waystation.EndToEnd.Tests.Lfs;

/// <summary>Uploads are the primary's; their objects are here when the primary has accepted them, and not before.</summary>
public sealed class UploadTests(LfsStation station) : IClassFixture<LfsStation>, IAsyncLifetime
{
    public Task InitializeAsync()
    {
        station.Primary.Behaviour = new LfsBehaviour();
        station.Primary.Set(LfsFault.None);
        return Task.CompletedTask;
    }

    public Task DisposeAsync() => InitializeAsync();

    public static TheoryData<LfsSigning, bool> OwnHost =>
        new()
        {
            { LfsSigning.Query, false },
            { LfsSigning.Query, true },
            { LfsSigning.Header, true },
            { LfsSigning.Login, false },
            { LfsSigning.Login, true },
        };

    [Theory]
    [MemberData(nameof(OwnHost))]
    public async Task PushedObject_IsHere_WithoutADownload(LfsSigning signing, bool verifies)
    {
        station.Primary.Behaviour = new LfsBehaviour { Signing = signing, Verifies = verifies };
        PrimaryRepository repository = await station.CreateAsync();
        LfsContent content = LfsContent.FromSeed(Random.Shared.Next(), 4_000_001);

        await PushAsync(repository, content);

        Assert.True(station.Primary.Objects.Has(repository, content.Oid));
        await station.CloneAsync(repository, [content]);
        Assert.Equal(0, station.Primary.Requests.Downloads(content.Oid));
    }

    [Theory]
    [InlineData(LfsSigning.Query)]
    [InlineData(LfsSigning.Header)]
    public async Task ObjectPushedToAStorageHost_GoesThereWithoutTheNode(LfsSigning signing)
    {
        station.Primary.Behaviour = new LfsBehaviour
        {
            Place = LfsPlace.StorageHost,
            Signing = signing,
            Verifies = true,
        };
        PrimaryRepository repository = await station.CreateAsync();
        LfsContent content = LfsContent.FromSeed(Random.Shared.Next(), 400_001);
        LfsReply reply = await BatchAsync(repository, content);
        Assert.Equal(station.Primary.StorageUrl.Authority, reply.Href(0, "upload").Authority);

        await PushAsync(repository, content);

        await station.CloneAsync(repository, [content]);
        await station.CloneAsync(repository, [content]);
        Assert.Equal(content.Size, station.Primary.Requests.BytesOf(content.Oid));
        Assert.False(station.Primary.Requests.StorageSawAuthorization);
    }

    [Fact]
    public async Task Upload_CountsOnlyAfterItIsVerified()
    {
        station.Primary.Behaviour = new LfsBehaviour { Verifies = true };
        PrimaryRepository repository = await station.CreateAsync();
        LfsContent content = LfsContent.FromSeed(Random.Shared.Next(), 200_000);
        LfsReply reply = await BatchAsync(repository, content);
        Assert.Equal(200, (await LfsWire.PutAsync(reply.Action(0, "upload"), content.ToArray())).Status);
        Assert.Empty(station.FilesOf(content.Oid));

        station.Primary.Set(LfsFault.Answers(422, LfsRequestKind.Verify));
        Assert.Equal(422, (await LfsWire.VerifyAsync(reply.Action(0, "verify"), content)).Status);
        Assert.Empty(station.FilesOf(content.Oid));

        station.Primary.Set(LfsFault.None);
        reply = await BatchAsync(repository, content);
        Assert.Equal(200, (await LfsWire.PutAsync(reply.Action(0, "upload"), content.ToArray())).Status);
        Assert.Equal(200, (await LfsWire.VerifyAsync(reply.Action(0, "verify"), content)).Status);
        await Eventually.TrueAsync("the object is kept", () => station.FilesOf(content.Oid).Count > 0);
    }

    [Theory]
    [InlineData(403)]
    [InlineData(422)]
    [InlineData(500)]
    [InlineData(503)]
    public async Task RefusedUpload_IsNotKept_AndTheRefusalArrives(int status)
    {
        PrimaryRepository repository = await station.CreateAsync();
        LfsContent content = LfsContent.FromSeed(Random.Shared.Next(), 200_000);
        LfsReply reply = await BatchAsync(repository, content);
        station.Primary.Set(LfsFault.Answers(status, LfsRequestKind.Put));

        LfsReply refused = await LfsWire.PutAsync(reply.Action(0, "upload"), content.ToArray());

        Assert.Equal(status, refused.Status);
        Assert.Contains($"The primary says {status} on command", refused.Text, StringComparison.Ordinal);
        Assert.Empty(station.FilesOf(content.Oid));
    }

    [Fact]
    public async Task UploadOfAnotherContent_IsNotKept()
    {
        PrimaryRepository repository = await station.CreateAsync();
        LfsContent content = LfsContent.FromSeed(Random.Shared.Next(), 200_000);
        LfsReply reply = await BatchAsync(repository, content);
        byte[] wrong = content.ToArray();
        wrong[100_000] ^= 1;
        Assert.Equal(422, (await LfsWire.PutAsync(reply.Action(0, "upload"), wrong)).Status);
        Assert.Empty(station.FilesOf(content.Oid));
    }

    [Fact]
    public async Task BrokenOffUpload_IsNotKept_AndTheNextPushSucceeds()
    {
        PrimaryRepository repository = await station.CreateAsync();
        LfsContent content = LfsContent.FromSeed(Random.Shared.Next(), 4_000_000);
        station.Primary.Set(
            new LfsFault(LfsFaultKind.Break) { AfterBytes = 1_000_000, Concerns = static request => request.Kind == LfsRequestKind.Put }
        );
        GitClient writer = await WriterAsync(repository, content);
        Assert.NotEqual(0, (await writer.TryAsync("push", "--quiet", "origin", "HEAD")).ExitCode);
        Assert.Empty(station.FilesOf(content.Oid));

        station.Primary.Set(LfsFault.None);
        await writer.RunAsync("push", "--quiet", "origin", "HEAD");
        await station.CloneAsync(repository, [content]);
    }

    [Fact]
    public async Task KilledUpload_IsNotKept()
    {
        PrimaryRepository repository = await station.CreateAsync();
        LfsContent content = LfsContent.FromSeed(Random.Shared.Next(), 4_000_000);
        var gate = new TaskCompletionSource();
        station.Primary.Set(
            new LfsFault(LfsFaultKind.Stall)
            {
                AfterBytes = 1_000_000,
                Until = () => gate.Task,
                Concerns = static request => request.Kind == LfsRequestKind.Put,
            }
        );
        GitClient writer = await WriterAsync(repository, content);
        using (Process push = writer.Git("push", "--quiet", "origin", "HEAD").Start())
        {
            await Eventually.TrueAsync(
                "the upload is under way",
                () => station.Primary.Requests.All.Any(request => request.Oid == content.Oid && request.Bytes >= 1_000_000)
            );
            push.Kill(entireProcessTree: true);
            await push.WaitForExitAsync();
        }

        gate.SetResult();
        station.Primary.Set(LfsFault.None);
        Assert.Empty(station.FilesOf(content.Oid));
        await writer.RunAsync("push", "--quiet", "origin", "HEAD");
        await station.CloneAsync(repository, [content]);
    }

    [Fact]
    public async Task PushByReader_IsRefused_AsDirect()
    {
        PrimaryRepository repository = await station.CreateAsync();
        LfsContent content = LfsContent.FromSeed(Random.Shared.Next(), 2000);
        LfsReply direct = await LfsWire.BatchAsync(station.Primary.Url, repository, "bob", "upload", [content]);
        LfsReply through = await LfsWire.BatchAsync(station.Node.Url, repository, "bob", "upload", [content]);
        Assert.Equal((403, direct.Text), (through.Status, through.Text));
    }

    /// <summary>The object is already here, from another repository; still the primary has to get it.</summary>
    [Fact]
    public async Task PushOfAnObjectThatIsHere_StillReachesThePrimary()
    {
        LfsContent content = LfsContent.FromSeed(Random.Shared.Next(), 300_000);
        await station.CloneAsync(await station.CreateAsync(content), [content]);
        PrimaryRepository other = await station.CreateAsync();
        await PushAsync(other, content);
        Assert.True(station.Primary.Objects.Has(other, content.Oid));
    }

    private Task<LfsReply> BatchAsync(PrimaryRepository repository, LfsContent content) =>
        LfsWire.BatchAsync(station.Node.Url, repository, "alice", "upload", [content]);

    private async Task PushAsync(PrimaryRepository repository, LfsContent content) =>
        await (await WriterAsync(repository, content)).RunAsync("push", "--quiet", "origin", "HEAD");

    /// <summary>A clone through the node with a commit of this object as <c>0.bin</c>.</summary>
    private async Task<GitClient> WriterAsync(PrimaryRepository repository, LfsContent content)
    {
        GitClient writer = await station.CloneAsync(repository, []);
        await writer.CommitAsync(("0.bin", content.ToArray()));
        return writer;
    }
}
