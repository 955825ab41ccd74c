using Waystation.FetchCore.Tests;
using Waystation.SshFrontend.KeyAuthorities;

namespace Waystation.SshFrontend.Tests.KeyAuthorities;

public sealed class CachedKeyAuthorityTests : IAsyncDisposable
{
    private static readonly TimeSpan s_lifetime = TimeSpan.FromSeconds(5);

    private readonly ManualTime _time = new();
    private readonly ScriptedAuthority _authority = new();
    private readonly CachedKeyAuthority _cached;

    public CachedKeyAuthorityTests() => _cached = new CachedKeyAuthority(_authority, s_lifetime, _time);

    [Fact]
    public async Task Credential_IsKeptForItsTime_AndNotLonger()
    {
        _authority.Answers("/a");
        Assert.Equal("/a", await FindAsync(1));
        _authority.Answers("/b");
        _time.Turn(s_lifetime - TimeSpan.FromTicks(1));
        Assert.Equal("/a", await FindAsync(1));
        Assert.Equal("/b", await FindAsync(2));
        _time.Turn(TimeSpan.FromTicks(1));
        Assert.Equal("/b", await FindAsync(1));
        Assert.Equal(3, _authority.Asked);
    }

    [Fact]
    public async Task Lifetime_CountsFromTheQuestion()
    {
        TaskCompletionSource<PrimaryCredential?> answer = _authority.Waits();
        Task<string?> first = FindAsync(1);
        await _authority.WasAskedAsync(1);
        _time.Turn(s_lifetime);
        answer.SetResult(new PrimaryCredential.SshKey("/a"));
        Assert.Equal("/a", await first);
        _authority.Answers("/b");
        Assert.Equal("/b", await FindAsync(1));
    }

    [Fact]
    public async Task UnknownKey_IsAskedAboutAnew()
    {
        _authority.Answers(null);
        Assert.Null(await FindAsync(1));
        _authority.Answers("/a");
        Assert.Equal("/a", await FindAsync(1));
    }

    [Fact]
    public async Task Error_IsToldToAllWhoAsked_AndNotKept()
    {
        TaskCompletionSource<PrimaryCredential?> answer = _authority.Waits();
        Task<string?> first = FindAsync(1),
            second = FindAsync(1);
        await _authority.WasAskedAsync(1);
        answer.SetException(new KeyAuthorityException("no"));
        await Assert.ThrowsAsync<KeyAuthorityException>(() => first);
        await Assert.ThrowsAsync<KeyAuthorityException>(() => second);
        _authority.Answers("/a");
        Assert.Equal("/a", await FindAsync(1));
    }

    [Fact]
    public async Task ThoseWhoAskAtTheSameTime_ShareOneQuestion()
    {
        TaskCompletionSource<PrimaryCredential?> answer = _authority.Waits();
        Task<string?>[] asking = [.. Enumerable.Range(0, 50).Select(_ => FindAsync(1))];
        await _authority.WasAskedAsync(1);
        answer.SetResult(new PrimaryCredential.SshKey("/a"));
        Assert.All(await Task.WhenAll(asking), static path => Assert.Equal("/a", path));
        Assert.Equal(1, _authority.Asked);
    }

    [Fact]
    public async Task OneWhoLeaves_EndsNothingForTheOthers()
    {
        TaskCompletionSource<PrimaryCredential?> answer = _authority.Waits();
        using var gone = new CancellationTokenSource();
        Task<PrimaryCredential?> leaving = _cached.FindAsync(TestKeys.Question(1), gone.Token);
        Task<string?> staying = FindAsync(1);
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => leaving);
        answer.SetResult(new PrimaryCredential.SshKey("/a"));
        Assert.Equal("/a", await staying);
    }

    [Fact]
    public async Task Forget_EndsWhatIsKeptOfThatKey_CertificatesIncluded()
    {
        _authority.Answers("/a");
        var certificate = KeyQuestion.OfCertificate(TestKeys.Ed25519(1), "carol");
        await FindAsync(1);
        await FindAsync(2);
        await _cached.FindAsync(certificate, CancellationToken.None);
        _authority.Answers("/b");

        _cached.Forget(TestKeys.Ed25519(1).Fingerprint);

        Assert.Equal("/b", await FindAsync(1));
        Assert.Equal(new PrimaryCredential.SshKey("/b"), await _cached.FindAsync(certificate, CancellationToken.None));
        Assert.Equal("/a", await FindAsync(2));
    }

    [Fact]
    public async Task Forget_HoldsForAnswersOnTheirWay()
    {
        TaskCompletionSource<PrimaryCredential?> old = _authority.Waits();
        Task<string?> first = FindAsync(1);
        await _authority.WasAskedAsync(1);
        _cached.Forget(TestKeys.Ed25519(1).Fingerprint);
        _authority.Answers("/new");
        Assert.Equal("/new", await FindAsync(1));

        old.SetResult(new PrimaryCredential.SshKey("/old"));

        Assert.Equal("/old", await first);
        Assert.Equal("/new", await FindAsync(1));
    }

    [Fact]
    public async Task PlainKeyAndCertificate_AreTwoQuestions()
    {
        _authority.Answers("/a");
        await FindAsync(1);
        _authority.Answers("/b");
        Assert.Equal(
            new PrimaryCredential.SshKey("/b"),
            await _cached.FindAsync(KeyQuestion.OfCertificate(TestKeys.Ed25519(1), "carol"), CancellationToken.None)
        );
    }

    [Fact]
    public async Task ManyKeys_AreNotAllKept()
    {
        _authority.Answers("/a");
        Waystation.Primaries.Ssh.Keys.SshPublicKey authority = TestKeys.Ed25519(1);
        for (int number = 0; number < 5_000; number++)
        {
            await _cached.FindAsync(KeyQuestion.OfCertificate(authority, $"{number}"), CancellationToken.None);
        }

        Assert.Equal(5_000, _authority.Asked);
        await _cached.FindAsync(KeyQuestion.OfCertificate(authority, "0"), CancellationToken.None);
        await _cached.FindAsync(KeyQuestion.OfCertificate(authority, "4999"), CancellationToken.None);
        Assert.Equal(5_001, _authority.Asked);
    }

    [Fact]
    public async Task KeyInUse_OutlivesAnyNumberOfStrangers()
    {
        _authority.Answers("/a");
        await FindAsync(1);
        _time.Turn(TimeSpan.FromSeconds(1));
        await FindAsync(1);
        for (int number = 0; number < 5_000; number++)
        {
            await _cached.FindAsync(KeyQuestion.OfCertificate(TestKeys.Ed25519(2), $"{number}"), CancellationToken.None);
        }

        Assert.Equal(5_001, _authority.Asked);
        Assert.Equal("/a", await FindAsync(1));
        Assert.Equal(5_001, _authority.Asked);
    }

    [Fact]
    public async Task Disposal_EndsQuestionsUnderWay_AndTheAuthority()
    {
        _authority.Waits();
        Task<string?> asking = FindAsync(1);
        await _authority.WasAskedAsync(1);

        await _cached.DisposeAsync();

        await Assert.ThrowsAsync<KeyAuthorityException>(() => asking);
        Assert.True(_authority.IsDisposed);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => FindAsync(1));
    }

    public async ValueTask DisposeAsync()
    {
        await _cached.DisposeAsync();
        _authority.Dispose();
    }

    private async Task<string?> FindAsync(byte number) =>
        (await _cached.FindAsync(TestKeys.Question(number), CancellationToken.None) as PrimaryCredential.SshKey)?.Path;

    /// <summary>Answers as it is told to, and counts.</summary>
    private sealed class ScriptedAuthority : IKeyAuthority, IDisposable
    {
        private readonly SemaphoreSlim _questions = new(0);
        private volatile TaskCompletionSource<PrimaryCredential?> _answer = new();
        private int _asked;

        public int Asked => _asked;

        public bool IsDisposed { get; private set; }

        public void Answers(string? path)
        {
            _answer = new TaskCompletionSource<PrimaryCredential?>();
            _answer.SetResult(path is null ? null : new PrimaryCredential.SshKey(path));
        }

        public TaskCompletionSource<PrimaryCredential?> Waits() => _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>Waits for a question after those that were waited for before.</summary>
        public async Task WasAskedAsync(int times)
        {
            for (int i = 0; i < times; i++)
            {
                Assert.True(await _questions.WaitAsync(TimeSpan.FromSeconds(30)));
            }
        }

        public Task<PrimaryCredential?> FindAsync(KeyQuestion question, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref _asked);
            Task<PrimaryCredential?> answer = _answer.Task.WaitAsync(cancellationToken);
            _questions.Release();
            return answer;
        }

        public void Dispose()
        {
            IsDisposed = true;
            _questions.Dispose();
        }
    }
}
