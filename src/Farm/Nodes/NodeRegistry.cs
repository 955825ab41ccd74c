using System.Security.Cryptography;
using Microsoft.Extensions.Hosting;
using StackExchange.Redis;
using Waystation.Farm.Announcements;
using Waystation.Farm.Redis;
using Waystation.Farm.Secrets;

namespace Waystation.Farm.Nodes;

/// <summary>
/// The nodes of the farm. In each round this node reads the entries of the others and what operators decided, and writes its own entry.
/// Rounds come again and again, and at once when a node announces that something has changed.
/// </summary>
public sealed class NodeRegistry : INodeRegistry, IHostedService, IAsyncDisposable
{
    /// <summary>The start waits for the first round, but not for a Redis that is away.</summary>
    private static readonly TimeSpan s_firstRound = TimeSpan.FromSeconds(1);

    private readonly OwnNode _own;
    private readonly NodeTimes _times;
    private readonly FarmRedis _redis;
    private readonly Standing _standing;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly RegistryStore _store;
    private readonly SeenNodes _seen;
    private readonly Verdicts _verdicts;
    private readonly OwnState _state;
    private readonly NodeAnnouncements _announcements;
    private readonly string _folderId;
    private readonly DateTimeOffset _started;
    private readonly string _incarnation = RandomNumberGenerator.GetHexString(32, lowercase: true);
    private readonly TaskCompletionSource _first = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly SemaphoreSlim _wake = new(0);
    private readonly SemaphoreSlim _turn = new(1);
    private readonly CancellationTokenSource _stop = new();
    private Task _work = Task.CompletedTask;
    private RedisValue _written;
    private string _membersTold = "";
    private bool _isDisposed;
    private long _beat;
    private long _lastRound = -1;
    private long _rounds;

    /// <summary>Makes it; <see cref="StartAsync"/> begins the rounds.</summary>
    public NodeRegistry(
        OwnNode own,
        NodeTimes times,
        FarmRedis redis,
        FarmSecrets secrets,
        IAnnouncements announcements,
        Standing standing,
        TimeProvider time,
        ILogger<NodeRegistry> logger
    )
    {
        ArgumentNullException.ThrowIfNull(own);
        ArgumentNullException.ThrowIfNull(time);
        ArgumentNullException.ThrowIfNull(times);
        _own = own;
        _times = times;
        _redis = redis;
        _standing = standing;
        _time = time;
        _logger = logger;
        _store = new RegistryStore(redis, secrets, times.Lifetime);
        _seen = new SeenNodes(time, times.Lifetime);
        var folder = new FarmFolder(own.Folder, secrets, logger);
        _folderId = folder.Id;
        _verdicts = new Verdicts(folder);
        _state = new OwnState(own, _verdicts, logger);
        _started = time.GetUtcNow();
        _announcements = new NodeAnnouncements(announcements, own.Name, Wake, Drain);
    }

    /// <inheritdoc />
    public FarmNode Self => new(_own.Name, _own.Url, _state.State, _own.Version, _incarnation);

    /// <inheritdoc />
    public IReadOnlyList<FarmNode> Members =>
        IsAlone ? [Self] : [Self, .. Others().Where(static one => one.IsMember).Select(static one => one.Node)];

    /// <summary>Rounds so far in which Redis answered.</summary>
    internal long Rounds => Interlocked.Read(ref _rounds);

    /// <inheritdoc />
    public bool IsDraining => _state.IsDraining;

    /// <summary>
    /// Whether this node knows no other. A Redis that is away for a moment changes nothing: the other nodes are still there, and each
    /// repository keeps its keeper. Only longer than a node may be silent, and nobody knows any more which nodes there are.
    /// </summary>
    private bool IsAlone =>
        !_standing.IsMember || Interlocked.Read(ref _lastRound) is not (>= 0 and var last) || _time.GetElapsedTime(last) > _times.Lifetime;

    /// <inheritdoc />
    public FarmNode? Find(string name) => Members.FirstOrDefault(node => node.Name == name);

    /// <inheritdoc />
    public IReadOnlyList<ListedNode> List() => NodeList.Of(Self, _started, _time.GetUtcNow(), Others(), _verdicts.All);

    /// <inheritdoc />
    public void Drain(bool isDraining)
    {
        _state.IsDraining = isDraining;
        Wake();
    }

    /// <inheritdoc />
    public void AskToDrain(string name, bool toDrain) => _announcements.Ask(name, toDrain);

    /// <inheritdoc />
    public async Task<bool> DecideAsync(string name, bool isApproved, CancellationToken cancellationToken)
    {
        // Another node may have written a newer decision a moment ago.
        if (!await RoundAsync(cancellationToken) || !await _store.WriteAsync([_verdicts.Next(name, isApproved)], cancellationToken))
        {
            return false;
        }

        await RoundAsync(cancellationToken);
        _announcements.Changed();
        return true;
    }

    /// <inheritdoc />
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        _state.Tell();
        _work = Task.Run(WorkAsync, CancellationToken.None);
        await Task.WhenAny(_first.Task, Task.Delay(s_firstRound, _time, cancellationToken));
    }

    /// <inheritdoc />
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stop.CancelAsync();
        await _work;
        _standing.IsMember = false;
        if (!_written.IsNull)
        {
            await _store.RemoveAsync(_own.Name, _written, cancellationToken);
            _written = RedisValue.Null;
            _announcements.Changed();
        }
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        // The container disposes a hosted service twice.
        if (Interlocked.Exchange(ref _isDisposed, true))
        {
            return;
        }

        await _stop.CancelAsync();
        await _work;
        _stop.Dispose();
        _turn.Dispose();
        lock (_wake)
        {
            _wake.Dispose();
        }
    }

    private async Task WorkAsync()
    {
        try
        {
            while (true)
            {
                await _redis.WhenHereAsync(_stop.Token);
                if (await RoundAsync(_stop.Token))
                {
                    _first.TrySetResult();
                }

                await _wake.WaitAsync(_times.Every, _stop.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // The node stops.
        }
    }

    /// <summary>Reads and writes once. False if Redis does not answer.</summary>
    private async Task<bool> RoundAsync(CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            if (await _store.ReadAsync(cancellationToken) is not { } content)
            {
                return false;
            }

            RedisValue own = _store.RawOf(content, _own.Name);
            _seen.Take(
                content.Entries.Where(entry => entry.Name != _own.Name || entry.Folder != _folderId),
                wasEmptied: !_written.IsNull && own.IsNull
            );
            IReadOnlyList<Verdict> missing = _verdicts.Merge(content.Verdicts);
            if (missing.Count > 0)
            {
                await _store.WriteAsync(missing, cancellationToken);
            }

            _state.SetNamesake(_seen.All().Any(one => one.IsAlive && one.Entry.Name == _own.Name));
            await ShowAsync(own, cancellationToken);
            Interlocked.Exchange(ref _lastRound, _time.GetTimestamp());
            Interlocked.Increment(ref _rounds);
            _state.Tell();
            TellMembers();
            return true;
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Writes the entry of this node in place of what Redis has, or takes it away.</summary>
    private async Task ShowAsync(RedisValue raw, CancellationToken cancellationToken)
    {
        NodeState state = _state.State;
        if (state == NodeState.Removed || _state.HasNamesake)
        {
            _standing.IsMember = false;
            if (!_state.HasNamesake && !raw.IsNull)
            {
                await _store.RemoveAsync(_own.Name, raw, cancellationToken);
            }

            _written = RedisValue.Null;
            return;
        }

        var entry = new NodeEntry(_own.Name, _own.Url, state, _own.Version, _incarnation, _folderId, _started, ++_beat);
        RedisValue written = await _store.WriteAsync(entry, raw, cancellationToken);
        if (!written.IsNull)
        {
            _written = written;
            _standing.IsMember = state is NodeState.Active or NodeState.Draining;
        }
    }

    private IReadOnlyList<OtherNode> Others() =>
        [
            .. _seen
                .All()
                .Where(one => one.Entry.Name != _own.Name)
                .Select(one => OtherNode.Of(one, _verdicts.Of(one.Entry.Name), _own.NeedsApproval)),
        ];

    private void TellMembers()
    {
        string members = string.Join(
            ", ",
            Members.OrderBy(static node => node.Name, StringComparer.Ordinal).Select(static node => $"{node.Name} ({node.State})")
        );
        if (members != _membersTold)
        {
            _membersTold = members;
            _logger.MembersChanged(members);
        }
    }

    private void Wake()
    {
        lock (_wake)
        {
            if (!_isDisposed)
            {
                _wake.Release();
            }
        }
    }
}
