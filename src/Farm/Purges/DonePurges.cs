using System.Globalization;
using Waystation.CacheStore.Disk;

namespace Waystation.Farm.Purges;

/// <summary>
/// The orders that this node has carried out, in a file of its data folder, because the disk has what a process does not remember. Without
/// the file orders are carried out again, which costs a transfer. Not for several threads at once.
/// <code>
///   farm/purges   one order a line: id, when it was given
/// </code>
/// </summary>
internal sealed class DonePurges
{
    private readonly DataFolder _folder;
    private readonly string _file;
    private readonly Dictionary<Guid, long> _done = [];

    public DonePurges(DataFolder folder)
    {
        ArgumentNullException.ThrowIfNull(folder);
        (_folder, _file) = (folder, Path.Combine(folder.Root, "farm", "purges"));
        foreach (string line in File.Exists(_file) ? File.ReadLines(_file) : [])
        {
            if (
                line.Split(' ') is [var id, var at]
                && Guid.TryParseExact(id, "N", out Guid done)
                && long.TryParse(at, NumberStyles.None, CultureInfo.InvariantCulture, out long when)
            )
            {
                _done[done] = when;
            }
        }
    }

    public bool Contains(Purge purge) => _done.ContainsKey(purge.Id);

    /// <summary>Adds an order, and forgets orders from before a time.</summary>
    /// <exception cref="IOException">The disk refuses. The order may be carried out again after a start.</exception>
    public void Add(Purge purge, long forgetBefore)
    {
        foreach ((Guid id, long at) in _done.Where(done => done.Value < forgetBefore).ToList())
        {
            _done.Remove(id);
        }

        _done[purge.Id] = purge.At;
        DataFolder.CreatePrivate(Path.GetDirectoryName(_file)!);
        string written = _folder.NewTemporaryPath(".purges");
        File.WriteAllLines(written, _done.Select(static done => string.Create(CultureInfo.InvariantCulture, $"{done.Key:N} {done.Value}")));
        File.Move(written, _file, overwrite: true);
    }
}
