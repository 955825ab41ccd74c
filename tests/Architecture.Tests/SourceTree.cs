using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Waystation.Architecture.Tests;

/// <summary>One source file: its place, its declarations, and its words outside of comments and texts.</summary>
internal sealed record SourceFile(
    string Path,
    string Folder,
    string Namespace,
    IReadOnlyList<string> Types,
    IReadOnlySet<string> Words,
    string Code
);

/// <summary>The sources as they are on disk. An arrow is a type's name said in a file of another namespace of its project.</summary>
internal static partial class SourceTree
{
    public static string Root { get; } = FindRoot();

    public static IEnumerable<string> ReferencesOf(string project) =>
        XDocument
            .Load(Path.Combine(Root, "src", project, project + ".csproj"))
            .Descendants("ProjectReference")
            .Select(static reference => Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value));

    /// <summary>The texts of all sources below a folder of <c>src</c>.</summary>
    public static IEnumerable<string> Texts(string folder = "") =>
        Directory
            .EnumerateFiles(Path.Combine(Root, "src", folder), "*.cs", SearchOption.AllDirectories)
            .Where(static path => !path.Contains("/obj/", StringComparison.Ordinal) && !path.Contains("/bin/", StringComparison.Ordinal))
            .Select(File.ReadAllText);

    public static IEnumerable<SourceFile> FilesOf(string project)
    {
        string folder = Path.Combine(Root, "src", project);
        foreach (
            string path in Directory
                .EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories)
                .Where(static path =>
                    !path.Contains("/obj/", StringComparison.Ordinal) && !path.Contains("/bin/", StringComparison.Ordinal)
                )
        )
        {
            string code = CommentOrText().Replace(File.ReadAllText(path), " ");
            string place = Path.GetRelativePath(folder, Path.GetDirectoryName(path)!);
            yield return new SourceFile(
                Path.GetRelativePath(Root, path),
                place == "." ? "" : place.Replace('/', '.'),
                NamespaceLine().Match(code).Groups["name"].Value,
                [.. TypeDeclaration().Matches(code).Select(static match => match.Groups["name"].Value)],
                Word().Matches(code).Select(static match => match.Value).ToHashSet(StringComparer.Ordinal),
                code
            );
        }
    }

    /// <summary>Files of the project that say one of these.</summary>
    public static IEnumerable<string> Using(string project, params string[] forbidden) =>
        FilesOf(project)
            .Where(file => Array.Exists(forbidden, word => file.Code.Contains(word, StringComparison.Ordinal)))
            .Select(static file => file.Path);

    public static IReadOnlyDictionary<string, IReadOnlySet<string>> NamespaceArrows(string project)
    {
        List<SourceFile> files = [.. FilesOf(project)];
        ILookup<string, string> homes = files
            .SelectMany(static file => file.Types.Select(type => (type, file.Namespace)))
            .Distinct()
            .ToLookup(static home => home.type, static home => home.Namespace);
        return files
            .GroupBy(static file => file.Namespace)
            .ToDictionary(
                static group => group.Key,
                group =>
                    (IReadOnlySet<string>)
                        group
                            .SelectMany(file => file.Words.Where(word => homes[word].Count() == 1 && IsInSight(file, homes[word].Single())))
                            .Select(word => homes[word].Single())
                            .Where(home => home != group.Key)
                            .ToHashSet(StringComparer.Ordinal),
                StringComparer.Ordinal
            );
    }

    /// <summary>A word is that type only where its namespace is open: imported, or one that encloses the file's own.</summary>
    private static bool IsInSight(SourceFile file, string home) =>
        file.Code.Contains($"using {home};", StringComparison.Ordinal)
        || file.Namespace == home
        || file.Namespace.StartsWith(home + ".", StringComparison.Ordinal)
        || file.Code.Contains(home + ".", StringComparison.Ordinal);

    private static string FindRoot()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "Proxy.sln")))
        {
            folder = Path.GetDirectoryName(folder);
        }

        return folder ?? throw new InvalidOperationException("the tests do not run inside the checkout");
    }

    [GeneratedRegex(@"//[^\n]*|""""""[\s\S]*?""""""|""(\\.|[^""\\\n])*""", RegexOptions.ExplicitCapture)]
    private static partial Regex CommentOrText();

    [GeneratedRegex(@"^namespace\s+(?<name>[\w.]+);", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex NamespaceLine();

    [GeneratedRegex(
        @"^(?! )[a-z ]*\b(class|struct|record|interface|enum)\s+(class\s+|struct\s+)?(?<name>[A-Z]\w*)",
        RegexOptions.Multiline | RegexOptions.ExplicitCapture
    )]
    private static partial Regex TypeDeclaration();

    [GeneratedRegex(@"\b[A-Z]\w*\b")]
    private static partial Regex Word();
}
