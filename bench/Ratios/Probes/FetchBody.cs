using System.Globalization;
using System.Text;

namespace Waystation.Ratios.Probes;

/// <summary>The bodies that git posts, made by hand so that any HTTP client can repeat them.</summary>
internal static class FetchBody
{
    public const string ContentType = "application/x-git-upload-pack-request";

    /// <summary>The request of <c>git ls-remote</c>.</summary>
    public static byte[] AllRefs { get; } =
        Encoding.ASCII.GetBytes(
            Line("command=ls-refs")
                + Line("agent=git/2.39.5")
                + Line("object-format=sha1")
                + "0001"
                + Line("peel")
                + Line("symrefs")
                + "0000"
        );

    /// <summary>The request of <c>git clone --single-branch --no-tags</c>, with <c>--depth</c> if one is given.</summary>
    public static byte[] Clone(string tip, int? depth = null) => Fetch((depth is null ? "" : Line($"deepen {depth}")) + Want(tip));

    /// <summary>The request of a client that wants all these and has nothing, as a mirror of many branches asks.</summary>
    public static byte[] CloneOf(IEnumerable<string> wants) => Fetch(string.Concat(wants.Select(Want)));

    /// <summary>The request of a job that fetches a commit by its id and has earlier ones.</summary>
    public static byte[] ById(string want, IEnumerable<string> haves) =>
        Fetch(Want(want) + string.Concat(haves.Select(static have => Line($"have {have}\n"))));

    /// <summary>The refs that a clone asks for.</summary>
    public static byte[] LsRefs { get; } =
        Encoding.ASCII.GetBytes(
            Line("command=ls-refs")
                + Line("agent=git/2.39.5")
                + Line("object-format=sha1")
                + "0001"
                + Line("peel")
                + Line("symrefs")
                + Line("ref-prefix HEAD")
                + Line("ref-prefix refs/heads/")
                + Line("ref-prefix refs/tags/")
                + "0000"
        );

    private static byte[] Fetch(string arguments) =>
        Encoding.ASCII.GetBytes(
            Line("command=fetch")
                + Line("agent=git/2.39.5")
                + Line("object-format=sha1")
                + "0001"
                + Line("thin-pack")
                + Line("no-progress")
                + Line("ofs-delta")
                + arguments
                + Line("done\n")
                + "0000"
        );

    private static string Want(string id) => Line($"want {id}\n");

    private static string Line(string text) => (text.Length + 4).ToString("x4", CultureInfo.InvariantCulture) + text;
}
