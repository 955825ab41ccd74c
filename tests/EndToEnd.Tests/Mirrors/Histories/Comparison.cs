using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Mirrors.Histories;

/// <summary>Compares an answer of the node with the primary's own to the same request of the same user.</summary>
internal sealed class Comparison(WildRepository wild, GitClient all, string user, ClientShape client, FetchWish wish)
{
    private ObjectGraph Graph => wild.Graph;

    /// <summary>Fails if the responses differ; else returns the client after the node's response, or null if it got nothing.</summary>
    public async Task<ClientShape?> HoldsAsync(FetchGift direct, FetchGift through)
    {
        HashSet<string> visible = Graph.Closure(wild.RefsOf(user).Values);
        Assert.Equal(direct.Status, through.Status);
        if (direct.Refusal is not null && through.Refusal is null)
        {
            // The primary may be stricter than needed about reachable objects.
            Assert.True(wish.Wants.All(visible.Contains), $"the primary refused: {direct.Refusal}");
        }
        else
        {
            Assert.Equal(direct.Refusal, through.Refusal);
            Assert.Equal(direct.Boundary, through.Boundary);
        }

        bool seesHaves = wish.Haves.Concat(wish.Shallows).All(id => visible.Contains(id) || Graph.KindOf(id) == "missing");
        Assert.All(
            through.Acknowledgments.Where(static line => line.StartsWith("ACK ", StringComparison.Ordinal)),
            line => Assert.Contains(line.Split(' ')[1], wish.Haves)
        );

        // Each server decides when it is ready to send the pack; in v2, if it says so for the same reasons, they agree.
        if (direct.Refusal is null && (wish.Done || (wish.Version == 2 && seesHaves)))
        {
            Assert.Equal(direct.HasPack, through.HasPack);
        }

        if (!through.HasPack)
        {
            return null;
        }

        ReceivedPack got = await ReceivedPack.OpenAsync(all, through.Pack);
        ReceivedPack due = direct.HasPack
            ? await ReceivedPack.OpenAsync(all, direct.Pack)
            : new ReceivedPack(new HashSet<string>(), new HashSet<string>());
        AssertNone(
            got.Bases.Except(client.Objects).Except(due.Bases),
            $"it builds on what the client does not have; the primary's on {string.Join(' ', due.Bases.Except(client.Objects))}"
        );
        AssertNone(got.Sent.Except(visible).Except(due.Sent).Except(client.Objects), "the user may not see it");

        ClientShape after = client.With(wish, through, got.Sent),
            expected = client.With(wish, direct, due.Sent);
        HashSet<string> reached = Graph.Closure(wish.Wants, expected.Objects, expected.Shallow);
        AssertNone(reached.Except(after.Objects), "it lacks what the primary's leads to");
        if (wish.Haves.Count == 0 && direct.HasPack)
        {
            AssertNone(got.Sent.Except(due.Sent), "it has more than the primary's");
        }

        return after;
    }

    private void AssertNone(IEnumerable<string> ids, string complaint)
    {
        string[] some = [.. ids.Take(5).Select(id => $"{id} ({Graph.KindOf(id)})")];
        Assert.True(some.Length == 0, $"{complaint}: {string.Join(", ", some)}");
    }
}
