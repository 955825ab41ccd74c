namespace Waystation.Fuzz.Tests;

/// <summary>The kept inputs: a folder for each target, and <c>any</c> for all of them.</summary>
internal static class Corpus
{
    private const string ForAll = "any";

    private static readonly string s_folder = Path.Combine(AppContext.BaseDirectory, "Corpus");

    /// <summary>The files of a target, relative to the corpus.</summary>
    public static IEnumerable<string> FilesOf(FuzzTarget target) =>
        ((string[])[ForAll, target.Name])
            .Select(static folder => Path.Combine(s_folder, folder))
            .Where(Directory.Exists)
            .SelectMany(Directory.EnumerateFiles)
            .Select(static file => Path.GetRelativePath(s_folder, file))
            .Order(StringComparer.Ordinal);

    public static byte[] Read(string file) => File.ReadAllBytes(Path.Combine(s_folder, file));

    /// <summary>Folders of the corpus that are no target's.</summary>
    public static IEnumerable<string> Strays =>
        Directory
            .EnumerateDirectories(s_folder)
            .Select(static folder => Path.GetFileName(folder))
            .Where(static name => name != ForAll && FuzzTargets.All.All(target => target.Name != name));
}
