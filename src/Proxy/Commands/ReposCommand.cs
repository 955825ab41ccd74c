using System.CommandLine;
using System.Globalization;
using Waystation.FetchCore.Observing;
using Waystation.Proxy.Admin.Pages;
using Waystation.Proxy.Options;

namespace Waystation.Proxy.Commands;

/// <summary><c>waystation repos</c>.</summary>
internal static class ReposCommand
{
    public static Command Create() =>
        NodeCommand.List<RepositoryStatus[]>(
            "repos",
            "Lists the repositories of which a node keeps anything: sizes, last sync, lag, how clients were served, health.",
            ReposPage.Path,
            static all => new Listing(
                ["repository", "health", "mirror", "refs", "packs", "LFS", "synced", "lag", "served here", "last used", "trouble"],
                [.. all.Select(Row)]
            )
        );

    private static IReadOnlyList<string> Row(RepositoryStatus one) =>
        [
            one.Repo,
            one.Health,
            one.ObjectFormat is null ? Listing.None : ByteSize.Format(one.MirrorBytes),
            one.ObjectFormat is null ? Listing.None : one.Refs.ToString(CultureInfo.InvariantCulture),
            one.Packs == 0 ? Listing.None : ByteSize.Format(one.PackBytes),
            one.LfsBytes == 0 ? Listing.None : ByteSize.Format(one.LfsBytes),
            Text($"{one.LastSync:u}"),
            one.LagSeconds is { } lag ? Text($"{lag:0} s") : Listing.None,
            one.Fetches is { } fetches ? Share(fetches) : Listing.None,
            Text($"{one.LastUsed:u}"),
            one.Trouble ?? Listing.None,
        ];

    /// <summary>Such as <c>9 of 12</c>.</summary>
    private static string Share(RepositoryTally fetches)
    {
        long here = fetches.Hits + fetches.Joins + fetches.Locals + fetches.Peers;
        return Text($"{here} of {here + fetches.Forwards + fetches.Bypasses}");
    }

    private static string Text(FormattableString text) =>
        text.ToString(CultureInfo.InvariantCulture) is { Length: > 0 } some ? some : Listing.None;
}
