using System.Buffers;
using Waystation.CacheStore.Disk;
using Waystation.CacheStore.Git;
using Waystation.CacheStore.Mirrors.Reading;
using Waystation.GitProtocol.Objects;

namespace Waystation.CacheStore.Mirrors;

/// <summary>
/// Takes one pack into a mirror. The pack is indexed in a quarantine, completed if it is thin, and checked. Only then it is moved in.
/// <code>
///   bytes ──► git index-pack --fix-thin --stdin ──► quarantine ──► the mirror's packs
///             every object that one of the pack names           wanted objects, strays
///             is in the pack or in the mirror
/// </code>
/// So the mirror has the closure of each object of the pack, because it has that of each of its own objects.
/// A pack may have more objects than the wanted ones lead to, by accident or on purpose. A client that sees all refs could read them, so
/// <see cref="Brought.Strays"/> reports them.
/// It changes no ref. The caller has the mirror's turn (<see cref="Mirror.ChangeAsync"/>).
/// </summary>
public sealed class PackQuarantine : IAsyncDisposable
{
    /// <summary>The bytes after which the disk is asked again whether it has room.</summary>
    private const long RoomStep = 16 << 20;

    /// <summary>
    /// A walk through more objects takes git longer than about a second, and their ids more than 8 MiB here. Upkeep does that later.
    /// </summary>
    internal const int MaxLookedAt = 250_000;

    /// <summary>Up to here the kept git is faster than a new one: it takes about 20 microseconds for each new object.</summary>
    private const int MaxLookedAtHere = 250;

    /// <summary>The output of git index-pack once the pack is indexed. Its exit code is 1 if some objects name others that are not in the
    /// pack but in the mirror.</summary>
    private const string NewPack = "pack\t";

    private readonly GitProgram _git;
    private readonly MirrorSet _mirrors;
    private readonly Mirror _mirror;
    private readonly bool _isWhole;
    private readonly string _quarantine;
    private readonly GitProcess _indexing;
    private readonly PackEnds _ends;
    private readonly CancellationToken _stopping;
    private long _received;
    private long _roomFor;

    /// <summary>Begins a quarantine.</summary>
    /// <param name="git">Starts git.</param>
    /// <param name="folder">The data folder, in which the quarantine is made.</param>
    /// <param name="mirrors">Makes room.</param>
    /// <param name="mirror">The mirror that gets the pack.</param>
    /// <param name="isWhole">The pack must lack nothing, as that of a full clone.</param>
    /// <param name="stopping">Ends it.</param>
    /// <param name="isStrict">A client made the pack: git checks each object and the objects that it refers to.</param>
    public PackQuarantine(
        GitProgram git,
        DataFolder folder,
        MirrorSet mirrors,
        Mirror mirror,
        bool isWhole,
        CancellationToken stopping,
        bool isStrict = false
    )
    {
        ArgumentNullException.ThrowIfNull(git);
        ArgumentNullException.ThrowIfNull(folder);
        ArgumentNullException.ThrowIfNull(mirror);
        _git = git;
        _mirrors = mirrors;
        _mirror = mirror;
        _isWhole = isWhole;
        _stopping = stopping;
        _ends = new PackEnds(mirror.ObjectFormat);
        _quarantine = folder.NewTemporaryPath(".intake");
        DataFolder.CreatePrivate(Path.Combine(_quarantine, "pack"));
        List<string> arguments = ["index-pack", "--stdin", "--fix-thin", "--rev-index", "--check-self-contained-and-connected"];
        if (isStrict)
        {
            arguments.Add("--strict");
        }

        _indexing = git.Start(InQuarantine(new GitCommand(arguments)), stopping);
    }

    /// <summary>Bytes received.</summary>
    public long Received => _received;

    /// <summary>Takes pack bytes, unframed.</summary>
    /// <exception cref="GitFailedException">git refuses them, or the disk has no room.</exception>
    public async ValueTask WriteAsync(ReadOnlySequence<byte> pack, CancellationToken cancellationToken)
    {
        _received += pack.Length;
        if (_received > _roomFor)
        {
            // The index and the objects that complete a thin pack need room too.
            _roomFor = _received + RoomStep;
            if (!_mirrors.TryMakeRoom((_received / 4) + (2 * RoomStep), _mirror.Name, _mirror.IsOfStrangers))
            {
                throw new GitFailedException("there is no room for the mirror (Mirrors:MaxSize, Disk:Reserve)");
            }
        }

        try
        {
            foreach (ReadOnlyMemory<byte> segment in pack)
            {
                _ends.Append(segment.Span);
                await _indexing.Input.WriteAsync(segment, cancellationToken);
            }
        }
        catch (IOException e)
        {
            throw new GitFailedException($"git index-pack stopped reading: {_indexing.ErrorText}", e);
        }
    }

    /// <summary>Takes all that is left of a stream of pack bytes.</summary>
    /// <exception cref="GitFailedException">git refuses them, or the disk has no room.</exception>
    public async Task WriteAllAsync(Stream pack, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(pack);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(256 * 1024);
        try
        {
            int length;
            while ((length = await pack.ReadAsync(buffer, cancellationToken)) > 0)
            {
                await WriteAsync(new ReadOnlySequence<byte>(buffer, 0, length), cancellationToken);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>The pack is complete: checks it and moves it in. The mirror is unsettled until its refs are set.</summary>
    /// <param name="wanted">The wanted objects; everything that they lead to must be there now.</param>
    /// <param name="shown">Tips that may have come with them, as tags do.</param>
    /// <exception cref="GitFailedException">A check failed; the mirror is unchanged.</exception>
    public async Task<Brought> CompleteAsync(IReadOnlyCollection<ObjectId> wanted, IEnumerable<ObjectId> shown)
    {
        ArgumentNullException.ThrowIfNull(wanted);
        ArgumentNullException.ThrowIfNull(shown);
        await _indexing.Input.DisposeAsync();
        using var output = new StreamReader(_indexing.Output);
        string said = await output.ReadToEndAsync(_stopping);
        int exitCode = await _indexing.WaitAsync();
        _stopping.ThrowIfCancellationRequested();
        bool isConnected = exitCode == 1 && said.StartsWith(NewPack, StringComparison.Ordinal);
        if (exitCode != 0 && (_isWhole || !isConnected))
        {
            throw new GitFailedException($"git index-pack failed with exit code {exitCode}: {_indexing.ErrorText.Trim()}");
        }

        string index = Directory.EnumerateFiles(Path.Combine(_quarantine, "pack"), "*.idx").Single();
        return PackIds.CountOf(index) <= MaxLookedAtHere
            ? await LookHereAsync(index, PackIds.Read(index, _mirror.ObjectFormat), wanted, shown)
            : await LookByWalkAsync(index, wanted, shown);
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await _indexing.DisposeAsync();
        try
        {
            Directory.Delete(_quarantine, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Temporary: swept at the next start.
        }
    }

    private void MoveIn()
    {
        _mirror.NoteObjectsComing();
        _mirror.Stamps.Adopt(_quarantine);
    }

    private async Task<Brought> LookHereAsync(
        string index,
        PackIds packed,
        IReadOnlyCollection<ObjectId> wanted,
        IEnumerable<ObjectId> shown
    )
    {
        HashSet<ObjectId> roots = [.. wanted, .. shown.Where(packed.Contains)];
        NewObjects news = await NewObjects.AmongAsync(_mirror, packed.All().Concat(wanted), _stopping);
        if (wanted.Any(id => news.Contains(id) && !packed.Contains(id)))
        {
            throw new GitFailedException("the pack lacks an object that was wanted");
        }

        MoveIn();
        StrayObjects strays = await news.StraysAsync(roots, _stopping);
        if (strays == StrayObjects.None)
        {
            await NoteReceivedAsync(Path.ChangeExtension(Path.GetFileName(index), ".pack"), packed, roots, news);
        }

        return new Brought(roots, strays);
    }

    /// <summary>The pack may be sent on as it came, if it is proven what it is.</summary>
    private async Task NoteReceivedAsync(string name, PackIds packed, HashSet<ObjectId> roots, NewObjects news)
    {
        if (_received > ReceivedPack.MaxLength || !roots.All(news.Contains))
        {
            return;
        }

        HashSet<ObjectId> objects = [],
            bases = [];
        foreach (ObjectId id in packed.All())
        {
            (news.Contains(id) ? objects : bases).Add(id);
        }

        // A sender that did not know what is here has sent some of it again. Two such packs in one would have an object twice.
        if (_ends.ObjectCount == objects.Count && await news.AreBoundedAsync(bases, _stopping))
        {
            string file = Path.Combine(_mirror.Objects, "pack", name);
            _mirror.Received.Add(new ReceivedPack(file, _ends, (int)_received, objects, roots, news.Edge, isThin: bases.Count > 0));
        }
    }

    private async Task<Brought> LookByWalkAsync(string index, IReadOnlyCollection<ObjectId> wanted, IEnumerable<ObjectId> shown)
    {
        if (PackIds.CountOf(index) > MaxLookedAt)
        {
            await RequireThereAsync(wanted);
            MoveIn();
            return new Brought(wanted, StrayObjects.Unknown);
        }

        var packed = PackIds.Read(index, _mirror.ObjectFormat);
        HashSet<ObjectId> roots = [.. wanted, .. shown.Where(packed.Contains)];
        await WalkAsync(roots, packed);
        StrayObjects strays = await AreAllKnownAsync(packed.Unseen()) ? StrayObjects.None : StrayObjects.Some;
        MoveIn();
        return new Brought(roots, strays);
    }

    private async Task RequireThereAsync(IReadOnlyCollection<ObjectId> wanted)
    {
        var command = new GitCommand("rev-list", "--no-walk=unsorted", "--quiet", "--stdin");
        GitResult result = await _git.RunAsync(InQuarantine(command), IdLines.Of(wanted), _stopping);
        result.OrThrow();
    }

    /// <summary>Marks all objects of the pack that these lead to and the mirror's refs do not. Fails if one of these is missing.</summary>
    private async Task WalkAsync(IReadOnlyCollection<ObjectId> roots, PackIds packed)
    {
        var command = new GitCommand("rev-list", "--objects", "--no-object-names", "--stdin", "--not", "--all");
        await _git.ReadLinesAsync(
            InQuarantine(command),
            IdLines.Of(roots),
            line =>
            {
                if (ObjectId.TryParse(line, _mirror.ObjectFormat, out ObjectId id))
                {
                    packed.See(id);
                }
            },
            _stopping
        );
    }

    /// <summary>
    /// Whether the mirror had these objects before: they complete a thin pack, or the sender did not know that the mirror has them.
    /// </summary>
    private async Task<bool> AreAllKnownAsync(IEnumerable<ObjectId> ids)
    {
        byte[] asked = IdLines.Of([.. ids]);
        if (asked.Length == 0)
        {
            return true;
        }

        var command = new GitCommand("cat-file", "--batch-check=%(objectname)", "--buffer") { Repository = _mirror.FitForGit() };
        GitResult result = await _git.RunAsync(command, asked, _stopping);
        return !result.OrThrow().Lines().Any(static line => line.EndsWith(" missing", StringComparison.Ordinal));
    }

    private GitCommand InQuarantine(GitCommand command) =>
        command with
        {
            Repository = _mirror.FitForGit(),
            ObjectDirectory = _quarantine,
            AlternateObjects = [_mirror.Objects],
            Settings = ["pack.threads=2"],
        };
}
