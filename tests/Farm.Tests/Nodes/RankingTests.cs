using Waystation.CacheStore;
using Waystation.Farm.Nodes;

namespace Waystation.Farm.Tests.Nodes;

public sealed class RankingTests
{
    private static readonly RepositoryName[] s_repositories =
    [
        .. Enumerable.Range(0, 3_000).Select(static number => new RepositoryName("git.example.com", $"team/project-{number}")),
    ];

    [Fact]
    public void Owners_AreSpreadEvenly()
    {
        FarmNode[] nodes = [Node("a"), Node("b"), Node("c")];
        Assert.All(
            s_repositories.GroupBy(repository => Ranking.Of(repository, nodes)[0].Name),
            static share => Assert.InRange(share.Count(), 850, 1_150)
        );
    }

    [Fact]
    public void ANodeThatGoes_MovesOnlyItsOwnRepositories_ToTheNextOfTheRanking()
    {
        FarmNode[] nodes = [Node("a"), Node("b"), Node("c"), Node("d")];
        FarmNode[] left = nodes[..3];
        foreach (RepositoryName repository in s_repositories)
        {
            IReadOnlyList<FarmNode> before = Ranking.Of(repository, nodes);
            Assert.Equal(before.Where(static node => node.Name != "d"), Ranking.Of(repository, left));
        }
    }

    [Fact]
    public void Order_DoesNotDependOnTheOrderOfTheNodes() =>
        Assert.All(
            s_repositories.Take(100),
            static repository =>
                Assert.Equal(
                    Ranking.Of(repository, [Node("a"), Node("b"), Node("c")]),
                    Ranking.Of(repository, [Node("c"), Node("a"), Node("b")])
                )
        );

    private static FarmNode Node(string name) => new(name, new Uri($"https://{name}.example.com/"), NodeState.Active, "1", "1");
}
