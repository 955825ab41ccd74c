using System.Diagnostics.CodeAnalysis;
using Waystation.CacheStore.Streams;
using Waystation.GitProtocol.Lfs;

namespace Waystation.CacheStore.Lfs;

/// <summary>
/// The copy of an object on its way to the primary. It is in no index, and a temporary file, until <see cref="TryKeep"/>.
/// </summary>
public sealed class LfsUpload : IDisposable
{
    private readonly LfsStore _store;
    private readonly LfsObject _object;
    private readonly TimeProvider _time;
    private readonly long _begun;
    private readonly ObjectCheck _check;
    private readonly GrowingFile? _file;
    private RepositoryName? _repository;
    private TimeSpan _cost;
    private bool _isGivenUp;
    private bool _isWhole;
    private bool _isDisposed;

    internal LfsUpload(LfsStore store, RepositoryName repository, LfsObject lfsObject, SpoolFile? file, TimeProvider time)
    {
        _store = store;
        _repository = repository;
        _object = lfsObject;
        _time = time;
        _begun = time.GetTimestamp();
        _check = new ObjectCheck(lfsObject);
        if (file is not null)
        {
            _file = new GrowingFile(file, heldBack: 0, () => _isGivenUp = true);
            _file.Open();
        }
    }

    /// <summary>Takes the next bytes. It never fails: a copy that the disk refuses is given up.</summary>
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        if (_file is null || _isGivenUp)
        {
            return;
        }

        if (!_check.TryAppend(bytes.Span))
        {
            _isGivenUp = true;
            return;
        }

        await _file.WriteAsync(bytes, CancellationToken.None);
    }

    /// <summary>All bytes have passed: true if they are the object, and on disk.</summary>
    [SuppressMessage("Usage", "VSTHRD103", Justification = "The flush to the disk has no asynchronous form; it has a thread of its own.")]
    public async Task<bool> CompleteAsync()
    {
        if (_file is null || _isGivenUp || _check.Difference() is not null || !await _file.CompleteAsync(CancellationToken.None))
        {
            return false;
        }

        // The disk may have refused the last block.
        _isWhole = !_isGivenUp && await Task.Run(TryFlush);
        _cost = _time.GetElapsedTime(_begun);
        return _isWhole;
    }

    /// <summary>
    /// The primary has accepted the object, and has verified it: the copy is stored. False if there is no whole copy, or the repository was
    /// purged meanwhile.
    /// </summary>
    public bool TryKeep() =>
        _isWhole && !_isDisposed && _store.TryKeep(_object, _file!, _cost, () => _repository is { } repository ? [repository] : []);

    /// <summary>Deletes a copy that was not kept.</summary>
    public void Dispose()
    {
        if (_isDisposed)
        {
            return;
        }

        _isDisposed = true;
        _store.End(this);
        _check.Dispose();
        _file?.File.DeleteName();
        _file?.Dispose();
    }

    /// <summary>The repository is purged: it does not get the object.</summary>
    internal void Forget(RepositoryName repository)
    {
        if (_repository == repository)
        {
            _repository = null;
        }
    }

    private bool TryFlush()
    {
        try
        {
            _file!.File.FlushToDisk();
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
