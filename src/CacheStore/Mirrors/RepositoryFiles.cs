using Waystation.GitProtocol.Objects;

namespace Waystation.CacheStore.Mirrors;

/// <summary>
/// The two files without which git sees no repository. Their content is known and never changes, so the node writes them again if they
/// differ (gitrepository-layout, repository-version).
/// </summary>
internal sealed class RepositoryFiles
{
    private readonly (string Path, string Text)[] _files;
    private readonly FileStamp?[] _stamps;

    public RepositoryFiles(string repository, ObjectFormat format)
    {
        string version = format == ObjectFormat.Sha1 ? "0" : "1";
        string extension = format == ObjectFormat.Sha1 ? "" : $"[extensions]\n\tobjectformat = {format.Name}\n";
        _files =
        [
            (Path.Combine(repository, "HEAD"), "ref: refs/heads/main\n"),
            (Path.Combine(repository, "config"), $"[core]\n\trepositoryformatversion = {version}\n\tbare = true\n{extension}"),
        ];
        _stamps = new FileStamp?[_files.Length];
        Mend();
    }

    /// <summary>Writes the files that differ from their known content.</summary>
    public void Mend()
    {
        for (int i = 0; i < _files.Length; i++)
        {
            (string path, string text) = _files[i];
            if (_stamps[i] is null || FileStamp.Of(path) != _stamps[i])
            {
                if (FileStamp.Of(path) is null || File.ReadAllText(path) != text)
                {
                    File.WriteAllText(path + ".new", text);
                    File.Move(path + ".new", path, overwrite: true);
                }

                _stamps[i] = FileStamp.Of(path);
            }
        }
    }
}
