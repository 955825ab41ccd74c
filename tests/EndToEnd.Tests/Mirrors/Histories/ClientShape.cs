namespace Waystation.EndToEnd.Tests.Mirrors.Histories;

/// <summary>The state of a client: its objects, its boundary, and its filter.</summary>
internal sealed record ClientShape(IReadOnlySet<string> Objects, IReadOnlySet<string> Shallow, IReadOnlyList<string> Tips, string? Filter)
{
    public static readonly ClientShape Nothing = new(new HashSet<string>(), new HashSet<string>(), [], null);

    /// <summary>The same client with an answer taken in.</summary>
    public ClientShape With(FetchWish wish, FetchGift gift, IReadOnlySet<string> sent)
    {
        HashSet<string> shallow = [.. Shallow];
        shallow.UnionWith(Of("shallow "));
        shallow.ExceptWith(Of("unshallow "));
        return new ClientShape(Objects.Union(sent).ToHashSet(StringComparer.Ordinal), shallow, [.. Tips.Union(wish.Wants)], wish.Filter);

        IEnumerable<string> Of(string word) =>
            gift.Boundary.Where(line => line.StartsWith(word, StringComparison.Ordinal)).Select(line => line[word.Length..]);
    }
}
