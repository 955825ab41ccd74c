using System.Text;
using Waystation.GitProtocol.Objects;
using Waystation.TestKit.Wire;

namespace Waystation.GitProtocol.Tests.Golden;

/// <summary>One file of Conversations/, named v2/clone-3-fetch.response: version, case, number, kind.</summary>
internal static class Recording
{
    public const string Agent = "git/recorded";

    private static readonly string s_root = Path.Combine(AppContext.BaseDirectory, "Conversations");

    public static TheoryData<string> Named(string ending) => [.. Names(ending)];

    public static IEnumerable<string> Names(string ending) =>
        Directory
            .EnumerateFiles(s_root, "*" + ending, SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(s_root, file))
            .Order(StringComparer.Ordinal);

    public static byte[] Read(string name) => File.ReadAllBytes(Path.Combine(s_root, name));

    public static int Version(string name) => name[1] - '0';

    public static ObjectFormat Format(string name) =>
        name.Contains("sha256", StringComparison.Ordinal) ? ObjectFormat.Sha256 : ObjectFormat.Sha1;

    /// <summary>Every way of cutting short bodies; of long ones those that fall in their first and last parts.</summary>
    public static IEnumerable<System.Buffers.ReadOnlySequence<byte>> CutsOf(byte[] bytes) =>
        bytes.Length <= 1_500 ? Cuts.Of(bytes) : Cuts.Of(bytes).Where((_, at) => at < 700 || at % 37 == 0 || at > bytes.Length - 100);

    public static string Text(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString(bytes);
}
