using Waystation.EndToEnd.Tests.Ssh;
using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests;

/// <summary>
/// The same clone three times: straight from the primary, through the node, and through the node once more, when it may
/// already know the answers. Whatever is done to one is done to all; nothing may tell them apart.
/// </summary>
public sealed class SideBySide : IDisposable
{
    private readonly TempFolder _folder;
    private readonly IDisposable? _person;
    private readonly GitClient[] _clones;

    private SideBySide(TempFolder folder, IDisposable? person, GitClient direct, GitClient through, string[] remotes)
    {
        (_folder, _person, Remotes) = (folder, person, remotes);
        _clones = [direct.In("direct"), through.In("through"), through.In("again")];
    }

    public IReadOnlyList<string> Remotes { get; }

    public IReadOnlyList<GitClient> Clones => _clones;

    public string FolderPath => _folder.FullPath;

    /// <summary>Clones over HTTP. <paramref name="configure"/> may choose a protocol version or other settings.</summary>
    public static Task<SideBySide> CloneAsync(
        Station station,
        PrimaryRepository repository,
        IReadOnlyList<string> options,
        string? user = null,
        Func<GitClient, GitClient>? configure = null
    )
    {
        var folder = new TempFolder();
        GitClient client = Configured(new GitClient(folder), configure);
        string node = station.Node.UrlOf(repository, user).AbsoluteUri;
        string direct = station.Primary.UrlOf(repository, user).AbsoluteUri;
        return CloneAsync(new SideBySide(folder, person: null, client, client, [direct, node, node]), options);
    }

    /// <summary>Clones over SSH as alice, with her agent.</summary>
    public static async Task<SideBySide> CloneAsync(
        SshStation station,
        PrimaryRepository repository,
        IReadOnlyList<string> options,
        Func<GitClient, GitClient>? configure = null
    )
    {
        SshPerson alice = await station.PersonAsync(station.Alice);
        string node = station.AddressOf(repository);
        return await CloneAsync(
            new SideBySide(
                alice.Folder,
                alice,
                Configured(alice.GitAs(alice.User with { KnownHosts = station.Sshd.KnownHostsFile }), configure),
                Configured(alice.Git, configure),
                [station.DirectAddressOf(repository), node, node]
            ),
            options
        );
    }

    /// <summary>Runs the same command in each clone; all must say the same on their standard output.</summary>
    public async Task RunAsync(params string[] arguments)
    {
        var outputs = new List<string>();
        foreach (GitClient clone in _clones)
        {
            outputs.Add((await clone.RunAsync(arguments)).Output);
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

    /// <summary>Compares the references alone, where the clones hold objects of their own, and checks each clone with fsck.</summary>
    public async Task AssertEqualRefsAsync()
    {
        string direct = await _clones[0].ReadAsync("for-each-ref");
        foreach (GitClient clone in _clones[1..])
        {
            Assert.Equal(direct, await clone.ReadAsync("for-each-ref"));
            await clone.RunAsync("fsck", "--strict", "--full");
        }
    }

    public void Dispose()
    {
        _person?.Dispose();
        _folder.Dispose();
    }

    private static GitClient Configured(GitClient client, Func<GitClient, GitClient>? configure) => configure?.Invoke(client) ?? client;

    private static async Task<SideBySide> CloneAsync(SideBySide clones, IReadOnlyList<string> options)
    {
        try
        {
            for (int i = 0; i < clones._clones.Length; i++)
            {
                GitClient outside = clones._clones[i] with { Folder = clones.FolderPath };
                await outside.RunAsync(["clone", "--quiet", .. options, clones.Remotes[i], Path.GetFileName(clones._clones[i].Folder)]);
            }

            return clones;
        }
        catch
        {
            clones.Dispose();
            throw;
        }
    }
}
