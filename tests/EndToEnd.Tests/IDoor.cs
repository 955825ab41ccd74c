using Waystation.EndToEnd.Tests.Ssh;
using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests;

/// <summary>One of the node's doors, HTTP or SSH, with a primary behind it. A scenario that takes a door runs through both.</summary>
public interface IDoor
{
    /// <summary>Makes a repository at the primary.</summary>
    Task<PrimaryRepository> CreateAsync(string name, History? history = null, string objectFormat = "sha1");

    /// <summary>Clones it straight from the primary and twice through this door.</summary>
    Task<SideBySide> CloneAsync(PrimaryRepository repository, IReadOnlyList<string> options, Func<GitClient, GitClient>? configure = null);
}

/// <summary>The door for HTTP.</summary>
public sealed class HttpDoor(Station station) : IDoor
{
    public Task<PrimaryRepository> CreateAsync(string name, History? history = null, string objectFormat = "sha1") =>
        station.Primary.CreateAsync(name, history, objectFormat);

    public Task<SideBySide> CloneAsync(
        PrimaryRepository repository,
        IReadOnlyList<string> options,
        Func<GitClient, GitClient>? configure = null
    ) => SideBySide.CloneAsync(station, repository, options, user: null, configure);
}

/// <summary>The door for SSH, as alice with her agent.</summary>
public sealed class SshDoor(SshStation station) : IDoor
{
    public Task<PrimaryRepository> CreateAsync(string name, History? history = null, string objectFormat = "sha1") =>
        station.Web.CreateAsync(name, history, objectFormat);

    public Task<SideBySide> CloneAsync(
        PrimaryRepository repository,
        IReadOnlyList<string> options,
        Func<GitClient, GitClient>? configure = null
    ) => SideBySide.CloneAsync(station, repository, options, configure);
}
