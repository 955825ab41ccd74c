using System.Globalization;
using Waystation.CacheStore;
using Waystation.CacheStore.Disk;

namespace Waystation.Proxy.Work;

/// <summary>
/// Since when each repository is excluded whose data is still here, in a file of the data folder, so that a restart does not begin the
/// grace period again. Not for several threads at once.
/// <code>
///   excluded   one repository a line: milliseconds since 1970, host, path
/// </code>
/// </summary>
internal sealed class ExcludedSince
{
    private readonly DataFolder _folder;
    private readonly string _file;
    private Dictionary<RepositoryName, long> _since = [];

    public ExcludedSince(DataFolder folder)
    {
        (_folder, _file) = (folder, Path.Combine(folder.Root, "excluded"));
        foreach (string line in File.Exists(_file) ? File.ReadLines(_file) : [])
        {
            if (
                line.Split(' ', 3) is [var at, var host, var path]
                && long.TryParse(at, NumberStyles.None, CultureInfo.InvariantCulture, out long since)
            )
            {
                _since[new RepositoryName(host, path)] = since;
            }
        }
    }

    /// <summary>Notes the excluded repositories of now, and returns since when each is.</summary>
    /// <param name="excluded">All of them.</param>
    /// <param name="now">Milliseconds since 1970.</param>
    public IReadOnlyDictionary<RepositoryName, long> Note(IReadOnlyCollection<RepositoryName> excluded, long now)
    {
        // A clock that was set back must not keep data for longer than the grace period.
        Dictionary<RepositoryName, long> next = excluded.ToDictionary(
            static name => name,
            name => _since.TryGetValue(name, out long since) ? Math.Min(since, now) : now
        );
        bool isOther = next.Count != _since.Count || next.Keys.Any(name => !_since.ContainsKey(name));
        _since = next;
        if (isOther)
        {
            string written = _folder.NewTemporaryPath(".excluded");
            File.WriteAllLines(
                written,
                next.Select(static one => string.Create(CultureInfo.InvariantCulture, $"{one.Value} {one.Key.Host} {one.Key.Path}"))
            );
            File.Move(written, _file, overwrite: true);
        }

        return next;
    }
}
