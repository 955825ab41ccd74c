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
            "Lists the repositories of which a node keeps a mirror or Git LFS objects.",
            ReposPage.Path,
            static all => string.Join('\n', all.Select(Format))
        );

    private static string Format(RepositoryStatus one)
    {
        string mirror = one.LastUsed is { } used
            ? string.Create(CultureInfo.InvariantCulture, $"{ByteSize.Format(one.MirrorBytes)}  {one.Refs} refs  used {used:u}")
            : "no mirror";
        return one.LfsBytes == 0 ? $"{one.Repo}  {mirror}" : $"{one.Repo}  {mirror}  LFS {ByteSize.Format(one.LfsBytes)}";
    }
}
