using System.Text;
using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Permissions;

/// <summary>A node whose cache has alice's last fetch from a private repository.</summary>
public sealed class WarmStation : IAsyncLifetime
{
    private readonly Station _station = new();
    private PrimaryRepository? _repository;

    public ApachePrimary Primary => _station.Primary;

    public WaystationNode Node => _station.Node;

    public PrimaryRepository Repository => _repository ?? throw new InvalidOperationException("not started");

    /// <summary>The commit that the impostors want.</summary>
    public string Tip { get; private set; } = "";

    /// <summary>Bodies of the requests that alice made, all answered already.</summary>
    internal IReadOnlyList<string> Wishes =>
        [
            UploadPack.LsRefs(),
            UploadPack.Fetch([Tip]),
            UploadPack.Fetch([Tip], "deepen 1"),
            UploadPack.FetchV0(Tip),
            UploadPack.FetchV0(Tip, "side-band"),
            UploadPack.FetchV0(Tip, ""),
        ];

    public async Task InitializeAsync()
    {
        await _station.InitializeAsync();
        try
        {
            _repository = await Primary.CreateAsync("private/plans.git", new History(Seed: 32));
            Tip = await _repository.ResolveAsync("refs/heads/main");
            foreach (string wish in Wishes)
            {
                RawAnswer given = await AskAsync(Node.Url, _repository.Name, wish, "Authorization: Basic " + Base64("alice:alice-secret"));
                Assert.Equal(200, given.Status);
                Assert.Contains(wish == UploadPack.LsRefs() ? "refs/heads/main" : "PACK", given.Text, StringComparison.Ordinal);
            }
        }
        catch
        {
            await DisposeAsync();
            throw;
        }
    }

    public Task DisposeAsync() => _station.DisposeAsync();

    internal static Task<RawAnswer> AskAsync(Uri door, string name, string body, string headers) =>
        RawConnection.AskAsync(door, UploadPack.Post("/" + name, "primary", body, Lines(headers)));

    internal static string[] Lines(string headers) => headers.Split("\r\n", StringSplitOptions.RemoveEmptyEntries);

    internal static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));
}
