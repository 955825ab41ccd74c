using System.Net;
using Waystation.EndToEnd.Tests.Mirrors;
using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Snapshots;

/// <summary>A snapshot is given only to whom the primary shows every ref, and has nothing that these refs do not lead to.</summary>
public sealed class SnapshotPermissionTests(SnapshotStation station) : IClassFixture<SnapshotStation>, IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Refusal_IsThePrimarys()
    {
        GitClient client = new(_folder);
        PrimaryRepository repository = await station.NewMirroredAsync(client, new History(Seed: 511), "private", "alice");
        using (HttpResponseMessage given = await station.AskAsync(repository, "alice"))
        {
            Assert.Equal(HttpStatusCode.OK, given.StatusCode);
            Assert.Equal("waystation; hit; detail=snapshot", given.Headers.GetValues("Cache-Status").Single());
            Assert.Equal((await given.Content.ReadAsByteArrayAsync()).Length, given.Content.Headers.ContentLength);
        }

        using (HttpResponseMessage anonymous = await station.AskAsync(repository))
        {
            Assert.Equal(HttpStatusCode.Unauthorized, anonymous.StatusCode);
            Assert.Equal("Basic", anonymous.Headers.WwwAuthenticate.Single().Scheme);
        }

        using (HttpResponseMessage refused = await station.AskAsync(repository, "mallory"))
        {
            Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        }

        using (station.Primary.Revoke("alice"))
        {
            using HttpResponseMessage revoked = await station.AskAsync(repository, "alice");
            Assert.Equal(HttpStatusCode.Unauthorized, revoked.StatusCode);
        }

        PrimaryRepository unknown = await station.Primary.CreateAsync($"public/{Guid.NewGuid():n}.git");
        Directory.Delete(unknown.Folder, recursive: true);
        using HttpResponseMessage gone = await station.AskAsync(unknown);
        Assert.Equal(HttpStatusCode.NotFound, gone.StatusCode);
    }

    [Fact]
    public async Task HiddenRefs_AreNotGivenAway()
    {
        GitClient client = new(_folder);
        VeiledRepository veiled = await VeiledRepository.WithSecretAsync(station.Station, client, "strict", seed: 512);
        await Eventually.TrueAsync("alice has it", async () => await station.RefusalAsync(veiled.Repository, "alice") is null);
        Assert.Equal("hidden-refs", await station.RefusalAsync(veiled.Repository, "bob"));

        string url = station.Node.UrlOf(veiled.Repository, "bob").AbsoluteUri;
        await SnapshotStation.CloneInsteadAsync(client, url, "bob");
        await client.RunAsync("clone", "--quiet", station.Primary.UrlOf(veiled.Repository, "bob").AbsoluteUri, "direct");
        Assert.Equal(await CloneState.OfAsync(client.In("direct")), await CloneState.OfAsync(client.In("bob")));
        foreach (string hidden in veiled.Hidden.Values)
        {
            Assert.NotEqual(0, (await client.In("bob").TryAsync("cat-file", "-e", hidden)).ExitCode);
        }
    }

    [Fact]
    public async Task Orphans_AreNotGivenAway()
    {
        GitClient client = new(_folder);
        PrimaryRepository repository = await station.NewMirroredAsync(client, new History(Seed: 513));
        string before = await repository.ResolveAsync("refs/heads/main");
        string secret = await repository.CommitAsync(content: "a secret");
        Assert.Null(await station.RefusalAsync(repository));

        // A forced push takes it back: whatever the node knows of it, nobody gets it with a snapshot.
        await repository.GitAsync("update-ref", "refs/heads/main", before);
        await Eventually.TrueAsync(
            "it is sorted out",
            async () =>
            {
                using HttpResponseMessage response = await station.AskAsync(repository);
                if (response.StatusCode != HttpStatusCode.OK)
                {
                    string text = await response.Content.ReadAsStringAsync();
                    Assert.Matches("hidden-refs|orphans|mirror-behind", text);
                    return false;
                }

                GitClient unpacked = await SnapshotStation.UnpackAsync(response, client);
                Assert.Equal(before, await unpacked.ReadAsync("rev-parse", "refs/heads/main"));
                Assert.NotEqual(0, (await unpacked.TryAsync("cat-file", "-e", secret)).ExitCode);
                await unpacked.RunAsync("fsck", "--full", "--strict");
                return true;
            }
        );
        Assert.True((await station.Node.MetricsAsync()).Sum("waystation_snapshot_refusals_total") > 0);
    }

    [Fact]
    public async Task Purge_LeavesNothingToGive()
    {
        GitClient client = new(_folder);
        PrimaryRepository repository = await station.NewMirroredAsync(client, new History(Seed: 514));
        Assert.Null(await station.RefusalAsync(repository));
        await new Command(Checkout.Program, "purge", repository.Name, "--admin", station.Node.Admin.AbsoluteUri).MustRunAsync();
        Assert.Equal("no-mirror", await station.RefusalAsync(repository));
    }

    [Fact]
    public async Task Records_SayThatItWasASnapshot_OrWhyNot()
    {
        GitClient client = new(_folder);
        PrimaryRepository repository = await station.NewMirroredAsync(client, new History(Seed: 515));
        PrimaryRepository other = await station.Primary.CreateAsync($"public/{Guid.NewGuid():n}.git", new History(Seed: 516));
        double before = (await station.Node.MetricsAsync()).Sum("waystation_snapshots_total");
        using (HttpResponseMessage given = await station.AskAsync(repository))
        {
            await given.Content.ReadAsByteArrayAsync();
        }

        Assert.Equal("no-mirror", await station.RefusalAsync(other));
        NodeMetrics metrics = await station.Node.MetricsAsync();
        Assert.Equal(before + 1, metrics.Sum("waystation_snapshots_total"));
        Assert.True(metrics.Sum("waystation_snapshot_refusals_total", "reason=\"no-mirror\"") >= 1);

        CommandResult listed = await new Command(Checkout.Program, "fetches", "--admin", station.Node.Admin.AbsoluteUri).MustRunAsync();
        Assert.Contains(listed.OutputLines, line => Has(line, repository.Name) && Has(line, "  hit ") && Has(line, "  snapshot  "));
        Assert.Contains(listed.OutputLines, line => Has(line, other.Name) && Has(line, "- (no-mirror)") && Has(line, "refused"));

        using var http = new HttpClient();
        using HttpResponseMessage post = await http.PostAsync(new Uri(station.Node.Url, "/.waystation/snapshot/" + other.Name), null);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, post.StatusCode);

        static bool Has(string line, string part) => line.Contains(part, StringComparison.Ordinal);
    }
}
