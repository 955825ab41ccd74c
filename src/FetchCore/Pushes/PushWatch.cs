using Waystation.CacheStore;
using Waystation.CacheStore.Pushes;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Primaries;
using Waystation.GitProtocol.Pushing;

namespace Waystation.FetchCore.Pushes;

/// <summary>
/// One push that passes through, by either front end: the node copies the client's bytes, and once the primary reports that it accepted the
/// push, the mirror takes the copy.
/// <code>
///   client ──► TakeAsync ──► primary            the commands and the pack
///   client ◄── Read ◄─────── primary            the report: PushIngest takes the copy in
/// </code>
/// </summary>
public sealed class PushWatch : IAsyncDisposable
{
    private readonly PushIngest _ingest;
    private readonly RepositoryName _repository;
    private readonly Func<(Credential Credential, IPrimary Primary)?> _pusher;
    private readonly PushCopy _copy;
    private readonly PushReportReader _report = new();
    private bool _isTold;
    private bool _isGiven;

    internal PushWatch(
        PushIngest ingest,
        RepositoryName repository,
        Func<(Credential Credential, IPrimary Primary)?> pusher,
        PushCopy copy
    ) => (_ingest, _repository, _pusher, _copy) = (ingest, repository, pusher, copy);

    /// <summary>The end of the work for this push; ended at once if there is none.</summary>
    public Task Taken { get; private set; } = Task.CompletedTask;

    /// <summary>Copies the next bytes of the client.</summary>
    public ValueTask TakeAsync(ReadOnlyMemory<byte> bytes) => _copy.TakeAsync(bytes);

    /// <summary>The client has sent all of it.</summary>
    public void End() => _copy.End(whole: true);

    /// <summary>Shows the next bytes of the primary's response, before the client gets them.</summary>
    public void Read(ReadOnlySpan<byte> bytes)
    {
        if (_isTold || _report.HasStopped)
        {
            return;
        }

        _report.Read(bytes);
        if (!_report.HasAnswer)
        {
            return;
        }

        _isTold = true;
        if (_pusher() is not var (credential, primary))
        {
            return;
        }

        // The primary reports once it has all of the push: over SSH the client keeps its end open until then.
        End();
        _isGiven = true;
        Taken = _ingest.TakeAsync(new ObservedPush(_repository, credential, primary, _copy, _report));
    }

    /// <summary>Drops the copy, if it was not taken.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_isGiven)
        {
            await _copy.DisposeAsync();
        }
    }
}
