using System.CommandLine;
using System.Globalization;
using Waystation.Proxy.Admin.Pages;
using Waystation.Proxy.Options;

namespace Waystation.Proxy.Commands;

/// <summary><c>waystation repos</c>.</summary>
internal static class ReposCommand
{
    public static Command Create() =>
        NodeCommand.Show<RepositoryStatus[]>(
            "repos",
            "Lists the repositories of which a node keeps a mirror.",
            ReposPage.Path,
            static all => string.Join('\n', all.Select(Format))
        );

    private static string Format(RepositoryStatus one) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{one.Repo}  {ByteSize.Format(one.MirrorBytes)}  {one.Refs} refs  used {one.LastUsed:u}"
        );
}
