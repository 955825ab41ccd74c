using System.Buffers;
using System.Globalization;
using Waystation.CacheStore.Git;
using Waystation.GitProtocol.Fetching;

namespace Waystation.CacheStore.Mirrors;

/// <summary>
/// Makes answers from a mirror with <c>git upload-pack --stateless-rpc</c>, always in protocol v2: what the client's own
/// version makes of it is written where the client is.
/// </summary>
public sealed class UploadPack(GitProgram git, MirrorOptions options)
{
    /// <summary>
    /// Whether a want may be had was settled before; keepalives tell those who wait that it goes on; threads and memory
    /// are bounded, because many of these run side by side.
    /// </summary>
    private readonly string[] _settings =
    [
        "uploadpack.allowFilter=true", "uploadpack.allowAnySHA1InWant=true", "uploadpack.keepAlive=5", "pack.windowMemory=128m", "pack.deltaCacheSize=64m",
        string.Create(CultureInfo.InvariantCulture, $"pack.threads={Math.Max(1, Environment.ProcessorCount / options.MaxPacks)}"),
    ];

    /// <summary>Starts it; its output is the answer, beginning with the sections before the packfile.</summary>
    /// <param name="lease">The reading of the mirror that it is part of.</param>
    /// <param name="request">What is asked, in protocol v2.</param>
    /// <param name="withOrphans">Objects that no ref leads to any more may be named.</param>
    /// <param name="stopping">Kills it.</param>
    public async Task<GitProcess> StartAsync(MirrorLease lease, FetchRequest request, bool withOrphans, CancellationToken stopping)
    {
        ArgumentNullException.ThrowIfNull(lease);
        ArgumentNullException.ThrowIfNull(request);
        var input = new ArrayBufferWriter<byte>();
        FetchRequestWriter.WriteV2(input, request, agent: null, sayObjectFormat: true);
        GitProcess process = git.Start(
            new GitCommand("upload-pack", "--stateless-rpc", "--strict", lease.Mirror.Repository)
            {
                Protocol = "version=2",
                AlternateObjects = withOrphans ? [lease.Mirror.Orphans] : [],
                Settings = _settings,
            },
            stopping);
        await process.FeedAsync(input.WrittenMemory);
        return process;
    }
}
