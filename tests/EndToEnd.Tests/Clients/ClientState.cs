using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Clients;

/// <summary>A clone of another client as real git sees it, checked with <c>fsck --strict</c>.</summary>
internal sealed record ClientState(CloneState Found, string Reachable)
{
    public static async Task<ClientState> OfAsync(GitClient clone)
    {
        CloneState found = await CloneState.OfAsync(clone);
        // Git writes the shallow boundary in order; others write the same set as it falls out of a hash table.
        string[] boundary = found.Shallow.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return new ClientState(
            found with
            {
                Shallow = string.Join('\n', boundary.Order(StringComparer.Ordinal)),
            },
            await clone.ReadAsync("rev-list", "--objects", "--all")
        );
    }

    /// <summary>Compares one thing after the other, so that a difference is shown and not the two whole clones.</summary>
    public void MustEqual(ClientState other)
    {
        Assert.Equal(Found.Head, other.Found.Head);
        Assert.Equal(Found.Refs, other.Found.Refs);
        Assert.Equal(Found.Shallow, other.Found.Shallow);
        Assert.Equal(Found.Objects, other.Found.Objects);
        Assert.Equal(Found.WorkTree, other.Found.WorkTree);
        Assert.Equal(Found.Complaints, other.Found.Complaints);
        Assert.Equal(Reachable, other.Reachable);
        Assert.Equal(this, other);
    }
}
