using System.Runtime.InteropServices;
using System.Text.Json.Serialization;
using Waystation.CacheStore.Disk;
using Waystation.CacheStore.Lfs;
using Waystation.CacheStore.Mirrors;
using Waystation.CacheStore.Packs.Storing;

namespace Waystation.CacheStore.Scrubbing;

/// <summary>
/// Reads the stored files and compares them with their checksums before a client asks for them, because bits rot below the file system
/// without a trace in a file's stamp. It goes through the whole store within a set time, file by file in the order of their names, and
/// continues at its position after a restart. The folder of a mirror is looked at when its turn comes and not before: a look at all of
/// them, at each step, would be most of what a node with many mirrors does. It rests between blocks, because clients go first.
/// </summary>
/// <param name="packs">The kept packs.</param>
/// <param name="mirrors">The mirrors.</param>
/// <param name="lfs">The stored objects of Git LFS.</param>
/// <param name="folder">The data folder, which has the position.</param>
/// <param name="within">The time for the whole store.</param>
/// <param name="time">The clock.</param>
public sealed class Scrubber(DiskPackTier packs, MirrorSet mirrors, LfsStore lfs, DataFolder folder, TimeSpan within, TimeProvider time)
{
    /// <summary>
    /// The longest run, but for the rest of a file. A disk that is too slow for its store must not keep the position from being written.
    /// </summary>
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(15);

    private readonly ScrubPace _pace = new(time);
    private readonly Journal<ScrubPlace> _journal = new(folder, "scrub.json", ScrubJson.Default.ScrubPlace);
    private readonly List<RepositoryName> _reached = [];
    private IEnumerator<ScrubItem>? _pass;
    private string? _last;
    private double _owed;

    /// <summary>
    /// Scrubs the share of the store for this time, in whole files. The share that finds no time is left for the next run.
    /// </summary>
    /// <param name="span">The time that has passed since the last share.</param>
    /// <param name="stopping">Ends it between two files or blocks.</param>
    public async Task<ScrubResult> RunAsync(TimeSpan span, CancellationToken stopping)
    {
        long whole = packs.Bytes + mirrors.Bytes + lfs.Bytes;
        _owed += whole * span.TotalSeconds / within.TotalSeconds;
        _owed = Math.Min(_owed, whole);
        _pace.Begin();
        long begun = time.GetTimestamp();
        (long bytes, int damaged, int ends) = (0, 0, 0);
        while (_owed > 0 && time.GetElapsedTime(begun) < s_longest)
        {
            _pass ??= ItemsAfter(_last ??= _journal.Read()?.Last ?? "").GetEnumerator();
            if (!_pass.MoveNext())
            {
                _pass.Dispose();
                (_pass, _last) = (null, "");
                if (++ends > 1)
                {
                    // More is owed than there is.
                    _owed = 0;
                }

                continue;
            }

            ScrubItem item = _pass.Current;
            bytes += item.Length;
            _owed -= item.Length;
            if (!await item.CheckAsync(_pace, stopping))
            {
                damaged++;
            }

            _last = item.Name;
        }

        if (bytes > 0)
        {
            _journal.Write(new ScrubPlace(_last!));
        }

        RepositoryName[] reached = [.. _reached];
        _reached.Clear();
        return new ScrubResult(bytes, damaged, reached);
    }

    /// <summary>The files of the store; files that are made meanwhile are younger than a day.</summary>
    private IEnumerable<ScrubItem> ItemsAfter(string last)
    {
        foreach (Mirror mirror in mirrors.All().OrderBy(static mirror => mirror.Folder, StringComparer.Ordinal))
        {
            if (string.CompareOrdinal(mirror.Folder + char.MaxValue, last) > 0 && mirrors.Peek(mirror.Name) == mirror)
            {
                _reached.Add(mirror.Name);
                foreach (ScrubItem item in After(last, mirrors.ScrubItems(mirror)))
                {
                    yield return item;
                }
            }
        }

        foreach (ScrubItem item in After(last, lfs.ScrubItems()).Concat(After(last, packs.ScrubItems())))
        {
            yield return item;
        }
    }

    private static IEnumerable<ScrubItem> After(string last, IEnumerable<ScrubItem> items) =>
        items.Where(item => string.CompareOrdinal(item.Name, last) > 0).OrderBy(static item => item.Name, StringComparer.Ordinal);
}

/// <summary>The position of scrubbing.</summary>
/// <param name="Last">The name of the file that was read last.</param>
internal sealed record ScrubPlace(string Last);

[JsonSourceGenerationOptions(RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(ScrubPlace))]
internal sealed partial class ScrubJson : JsonSerializerContext;

/// <summary>What a share of scrubbing came to.</summary>
/// <param name="Bytes">Bytes read.</param>
/// <param name="Damaged">Files that were not as they had been.</param>
/// <param name="Mirrors">The mirrors whose turn it was.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct ScrubResult(long Bytes, int Damaged, IReadOnlyList<RepositoryName> Mirrors);
