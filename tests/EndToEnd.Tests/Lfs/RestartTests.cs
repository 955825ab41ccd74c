using System.Diagnostics;
using Waystation.TestKit.Servers;
using Waystation.TestKit.Servers.Lfs;

namespace Waystation.EndToEnd.Tests.Lfs;

/// <summary>A node that is stopped or killed keeps whole objects, and nothing else.</summary>
public sealed class RestartTests : IAsyncLifetime
{
    private const int Size = 6_000_000;

    private readonly LfsStation _station = new();
    private readonly LfsContent _content = LfsContent.FromSeed(91, Size);

    public Task InitializeAsync() => _station.StartAsync();

    public Task DisposeAsync() => _station.DisposeAsync();

    [Fact]
    public async Task StoredObject_IsThere_AfterARestart()
    {
        PrimaryRepository repository = await _station.CreateAsync(_content);
        await _station.CloneAsync(repository, [_content]);
        await _station.Node.StopAsync();
        await _station.Node.StartAgainAsync();
        await _station.CloneAsync(repository, [_content]);
        Assert.Equal(Size, _station.Primary.Requests.BytesOf(_content.Oid));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3_000_000)]
    [InlineData(Size - 1)]
    public async Task KilledNode_KeepsNothingOfAFill(long afterBytes)
    {
        PrimaryRepository repository = await _station.CreateAsync(_content);
        var gate = new TaskCompletionSource();
        _station.Primary.Set(new LfsFault(LfsFaultKind.Stall) { AfterBytes = afterBytes, Until = () => gate.Task });
        string url = _station.Node.UrlOf(repository, "alice").AbsoluteUri;
        using (Process clone = _station.Client().Git("clone", "--quiet", url, _station.NewName()).Start())
        {
            await Eventually.TrueAsync(
                "the object is coming",
                () => _station.Primary.Requests.Downloads(_content.Oid) > 0 && _station.Primary.Requests.BytesOf(_content.Oid) >= afterBytes
            );
            _station.Node.KillAlone();
            await EndAsync(clone);
        }

        gate.SetResult();
        _station.Primary.Set(LfsFault.None);
        await _station.Node.StartAgainAsync();
        Assert.Empty(_station.FilesOf(_content.Oid));
        await _station.CloneAsync(repository, [_content]);
        await _station.CloneAsync(repository, [_content]);
    }

    [Fact]
    public async Task KilledNode_KeepsNothingOfAnUpload()
    {
        PrimaryRepository repository = await _station.CreateAsync();
        var gate = new TaskCompletionSource();
        _station.Primary.Set(
            new LfsFault(LfsFaultKind.Stall)
            {
                AfterBytes = 3_000_000,
                Until = () => gate.Task,
                Concerns = static request => request.Kind == LfsRequestKind.Put,
            }
        );
        GitClient writer = await _station.CloneAsync(repository, []);
        await writer.CommitAsync(("0.bin", _content.ToArray()));
        using (Process push = writer.Git("push", "--quiet", "origin", "HEAD").Start())
        {
            await Eventually.TrueAsync(
                "the upload is under way",
                () => _station.Primary.Requests.All.Any(one => one.Kind == LfsRequestKind.Put && one.Bytes >= 3_000_000)
            );
            _station.Node.KillAlone();
            await EndAsync(push);
        }

        gate.SetResult();
        _station.Primary.Set(LfsFault.None);
        await _station.Node.StartAgainAsync();
        Assert.Empty(_station.FilesOf(_content.Oid));
        await writer.RunAsync("push", "--quiet", "origin", "HEAD");
        await _station.CloneAsync(repository, [_content]);
        await _station.CloneAsync(repository, [_content], "bob");
    }

    /// <summary>The client has no node to speak to any more: it ends by itself, or here.</summary>
    private static async Task EndAsync(Process client)
    {
        client.Kill(entireProcessTree: true);
        await client.WaitForExitAsync();
    }
}
