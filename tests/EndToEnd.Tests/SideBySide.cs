using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests;

/// <summary>
/// The same clone three times: straight from the primary, through the node, and through the node once more, when it may
/// already know the answers. Whatever is done to one is done to all; nothing may tell them apart.
/// </summary>
internal sealed class SideBySide : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly GitClient[] _clones;

    private SideBySide(Uri direct, Uri node, Func<GitClient, GitClient>? configure)
    {
        var client = new GitClient(_folder);
        if (configure is not null)
        {
            client = configure(client);
        }

        Remotes = [direct, node, node];
        _clones = [client.In("direct"), client.In("through"), client.In("again")];
    }

    public IReadOnlyList<Uri> Remotes { get; }

    public IReadOnlyList<GitClient> Clones => _clones;

    public string FolderPath => _folder.FullPath;

    /// <summary>Clones with these options; <paramref name="configure"/> may choose a protocol version or other settings.</summary>
    public static async Task<SideBySide> CloneAsync(
        Station station,
        PrimaryRepository repository,
        IReadOnlyList<string> options,
        string? user = null,
        Func<GitClient, GitClient>? configure = null
    )
    {
        var sideBySide = new SideBySide(station.Primary.UrlOf(repository, user), station.Node.UrlOf(repository, user), configure);
        try
        {
            await sideBySide.CloneEachAsync(options);
            return sideBySide;
        }
        catch
        {
            sideBySide.Dispose();
            throw;
        }
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

    public void Dispose() => _folder.Dispose();

    private async Task CloneEachAsync(IReadOnlyList<string> options)
    {
        for (int i = 0; i < _clones.Length; i++)
        {
            GitClient outside = _clones[i] with { Folder = _folder.FullPath };
            await outside.RunAsync(["clone", "--quiet", .. options, Remotes[i].AbsoluteUri, Path.GetFileName(_clones[i].Folder)]);
        }
    }
}
