using Waystation.CacheStore.Disk;
using Waystation.Farm.Nodes;
using Waystation.FetchCore.Background;
using Waystation.FetchCore.Vet;
using Waystation.Primaries;
using Waystation.Primaries.Certificates;
using Waystation.Proxy.Connections.Certificates;

namespace Waystation.Proxy.Dashboard.Pages;

/// <summary>Gathers what an operator should look at, the worst first.</summary>
internal sealed class AttentionList(
    PrimaryMap primaries,
    ServerCertificates certificates,
    WorkQueue queue,
    VetReport vet,
    StoreSizes sizes,
    DataFolder folder,
    IEnumerable<INodeRegistry> farm
)
{
    private static readonly TimeSpan s_soon = TimeSpan.FromDays(30);

    /// <summary>All that there is now.</summary>
    public IReadOnlyList<AttentionItem> All(DateTimeOffset now) =>
        [
            .. Primaries()
                .Concat(Certificates(now))
                .Concat(Disk())
                .Concat(Vet())
                .Concat(Queue())
                .Concat(Farm())
                .OrderBy(static one => one.Kind == "warn"),
        ];

    private IEnumerable<AttentionItem> Primaries() =>
        primaries
            .All.SelectMany(static one =>
                new[] { (Name: one.Authority, one.Http.Health), (Name: one.Ssh?.Name ?? "", Health: one.Ssh?.Health!) }
            )
            .Where(static one => one.Health is { IsOut: true })
            .Select(static one => new AttentionItem(
                "bad",
                "outage",
                $"{one.Name} does not answer. Clients that it accepted lately are served as far as the node can.",
                "/node"
            ));

    private IEnumerable<AttentionItem> Certificates(DateTimeOffset now)
    {
        foreach (FollowedCertificate one in certificates.All)
        {
            if (one.IsWrong)
            {
                yield return new(
                    "bad",
                    "certificate",
                    $"{one.Files.Certificate} cannot be used; the node keeps the one that it had.",
                    "/node"
                );
            }

            if (one.Current.NotAfter - now is var left && left < s_soon)
            {
                yield return new(
                    left < TimeSpan.Zero ? "bad" : "warn",
                    "certificate",
                    $"{one.Files.Certificate} {(left < TimeSpan.Zero ? "expired" : "expires")} {Words.Ago(one.Current.NotAfter, now)}.",
                    "/node"
                );
            }
        }
    }

    private IEnumerable<AttentionItem> Disk()
    {
        if (!folder.IsWritable)
        {
            yield return new("bad", "disk", "The data folder cannot be written: every fetch is forwarded, and nothing is kept.", "/node");
        }
        else if (!folder.HasRoomFor(0))
        {
            yield return new(
                "warn",
                "disk",
                $"{Words.Bytes(sizes.Free)} are free, less than Disk:Reserve: the least worth is evicted.",
                "/node"
            );
        }
    }

    private IEnumerable<AttentionItem> Vet()
    {
        if (vet.Rounds is [{ Damaged: > 0 } last, ..])
        {
            yield return new(
                "bad",
                "damage",
                $"{Words.Count(last.Damaged, "file", "files")} of the store differed from the checksum.",
                "/vet"
            );
        }
    }

    private IEnumerable<AttentionItem> Queue()
    {
        int failing = queue.Entries().Count(static entry => entry.Failures > 0);
        if (failing > 0)
        {
            yield return new(
                "warn",
                "failed work",
                $"{Words.Count(failing, "piece", "pieces")} of background work failed and will be tried again.",
                "/queue"
            );
        }
    }

    private IEnumerable<AttentionItem> Farm() =>
        farm.SelectMany(static nodes => nodes.List())
            .Where(static node => node.State is "gone" or "pending")
            .Select(static node =>
                node.State == "gone"
                    ? new AttentionItem("warn", "node gone", $"The node {node.Name} has not been seen lately.", "/farm")
                    : new AttentionItem("warn", "node waits", $"The node {node.Name} waits for approval.", "/farm")
            );
}
