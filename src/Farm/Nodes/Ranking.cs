using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Waystation.CacheStore;

namespace Waystation.Farm.Nodes;

/// <summary>
/// Rendezvous hashing (Thaler and Ravishankar, 1998): each node has a weight for each repository, and the heaviest one owns it. When a node
/// goes, only its own repositories move, each to the next node of its ranking.
/// </summary>
public static class Ranking
{
    /// <summary>The nodes in the order in which they come into question for this repository.</summary>
    public static IReadOnlyList<FarmNode> Of(RepositoryName repository, IEnumerable<FarmNode> nodes)
    {
        ArgumentNullException.ThrowIfNull(nodes);
        return
        [
            .. nodes
                .Select(node => (Node: node, Weight: WeightOf(repository, node.Name)))
                .OrderByDescending(static weighed => weighed.Weight)
                .ThenBy(static weighed => weighed.Node.Name, StringComparer.Ordinal)
                .Select(static weighed => weighed.Node),
        ];
    }

    private static ulong WeightOf(RepositoryName repository, string node)
    {
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes($"{repository.Host}\n{repository.Path}\n{node}"), digest);
        return BinaryPrimitives.ReadUInt64BigEndian(digest);
    }
}
