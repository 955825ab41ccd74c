using System.Net;
using Waystation.EndToEnd.Tests.Outages;
using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Snapshots;

/// <summary>In an outage nobody shows the refs, so no snapshot is given; the clone that comes instead is served from the record.</summary>
public sealed class SnapshotOutageTests(FaultyStation station) : IClassFixture<FaultyStation>, IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Outage_HasNoSnapshots_AndClonesAllTheSame()
    {
        PrimaryRepository repository = await station.Primary.CreateAsync("private/plans.git", new History(Seed: 531));
        GitClient client = new(_folder);
        string url = station.Node.UrlOf(repository, "alice").AbsoluteUri;
        await client.RunAsync("clone", "--quiet", url, "before");
        await Eventually.TrueAsync(
            "there are snapshots",
            async () =>
            {
                Directory.CreateDirectory(_folder["snapshot"]);
                CommandResult cloned = await SnapshotStation.Clone(client, url, "snapshot").MustRunAsync();
                Directory.Delete(_folder["snapshot"], recursive: true);
                return !cloned.Error.Contains("git clone instead", StringComparison.Ordinal);
            }
        );

        station.Relay.Set(Fault.Refuse);
        await SnapshotStation.CloneInsteadAsync(client, url, "within");
        Assert.Equal(await CloneState.OfAsync(client.In("before")), await CloneState.OfAsync(client.In("within")));

        // Without a credential the client gets the last challenge of the primary, as for any other question.
        using var http = new HttpClient();
        using HttpResponseMessage anonymous = await http.GetAsync(new Uri(station.Node.Url, "/.waystation/snapshot/" + repository.Name));
        Assert.Equal(HttpStatusCode.Unauthorized, anonymous.StatusCode);
        using HttpResponseMessage stranger = await http.GetAsync(new Uri(station.Node.Url, "/.waystation/snapshot/public/unknown.git"));
        Assert.True((int)stranger.StatusCode >= 400);
        await station.HealAsync();
    }
}
