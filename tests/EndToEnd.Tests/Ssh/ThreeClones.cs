using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Ssh;

/// <summary>The same clone three times over SSH: straight from the primary, and twice through the node.</summary>
internal sealed class ThreeClones : IDisposable
{
    private readonly SshPerson _person;
    private readonly GitClient[] _clones;

    private ThreeClones(SshStation station, SshPerson person, int version)
    {
        this._person = person;
        GitClient direct = person.GitAs(person.User with { KnownHosts = station.Sshd.KnownHostsFile }).Speaking(version),
            through = person.Git.Speaking(version);
        _clones = [direct.In("direct"), through.In("through"), through.In("again")];
    }

    public static async Task<ThreeClones> CloneAsync(SshStation station, PrimaryRepository repository, int version, string[] options)
    {
        SshPerson alice = await station.PersonAsync(station.Alice);
        var three = new ThreeClones(station, alice, version);
        try
        {
            foreach (GitClient clone in three._clones)
            {
                string address = clone == three._clones[0] ? station.DirectAddressOf(repository) : station.AddressOf(repository);
                await (clone with { Folder = alice.Folder.FullPath }).RunAsync([
                    "clone",
                    "--quiet",
                    .. options,
                    address,
                    Path.GetFileName(clone.Folder),
                ]);
            }

            return three;
        }
        catch
        {
            three.Dispose();
            throw;
        }
    }

    /// <summary>Runs the same command in each; all must say the same, but for the address.</summary>
    public async Task RunAsync(params string[] arguments)
    {
        var outputs = new List<string>();
        foreach (GitClient clone in _clones)
        {
            outputs.Add(
                (
                    await (
                        clone with
                        {
                            Variables = new Dictionary<string, string>(clone.Variables) { ["GIT_COMMITTER_DATE"] = "2024-05-05T12:00:00Z" },
                        }
                    ).RunAsync(arguments)
                ).Output
            );
        }

        Assert.All(outputs, output => Assert.Equal(outputs[0], output));
    }

    /// <summary>Compares references, objects, shallow boundary and work tree, and checks each clone with fsck.</summary>
    public async Task AssertEqualAsync()
    {
        CloneState direct = await CloneState.OfAsync(_clones[0]);
        foreach (GitClient clone in _clones[1..])
        {
            Assert.Equal(direct, await CloneState.OfAsync(clone));
        }
    }

    public async Task AssertEqualRefsAsync()
    {
        string direct = await _clones[0].ReadAsync("for-each-ref");
        foreach (GitClient clone in _clones[1..])
        {
            Assert.Equal(direct, await clone.ReadAsync("for-each-ref"));
            await clone.RunAsync("fsck", "--strict", "--full");
        }
    }

    public void Dispose() => _person.Dispose();
}
