using System.Security.Cryptography;
using System.Text.Json;
using System.Threading.Channels;
using Polly;
using Polly.Retry;
using Waystation.CacheStore;
using Waystation.FetchCore.Mirroring;
using Waystation.Proxy.Options;
using Waystation.Proxy.Telemetry;

namespace Waystation.Proxy.Admin;

/// <summary>
/// Sends a notice of each mirror that was brought up to date to the operator's URL:
/// <c>POST {"event":"mirror synchronized","repo":…,"at":…}</c>, signed in <c>X-Waystation-Signature-256: sha256=HEX</c> (HMAC-SHA-256 of
/// the body) if there is a secret. A notice that waits too long is dropped: a receiver that was away gets the next one.
/// </summary>
internal sealed class SyncNotice : BackgroundService
{
    private const int MaxWaiting = 1_000;

    private static readonly ResiliencePipeline<HttpResponseMessage> s_retry = new ResiliencePipelineBuilder<HttpResponseMessage>()
        .AddRetry(
            new RetryStrategyOptions<HttpResponseMessage>
            {
                ShouldHandle = new PredicateBuilder<HttpResponseMessage>()
                    .Handle<HttpRequestException>()
                    .Handle<TaskCanceledException>()
                    .HandleResult(static answer => (int)answer.StatusCode >= 500),
                MaxRetryAttempts = 4,
                Delay = TimeSpan.FromSeconds(1),
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
            }
        )
        .Build();

    private readonly Channel<RepositoryName> _news = Channel.CreateBounded<RepositoryName>(
        new BoundedChannelOptions(MaxWaiting) { FullMode = BoundedChannelFullMode.DropOldest }
    );
    private readonly NotifyOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger<SyncNotice> _logger;

    public SyncNotice(MirrorSync sync, NotifyOptions options, TimeProvider time, ILogger<SyncNotice> logger)
    {
        _options = options;
        _time = time;
        _logger = logger;
        if (options.Url is not null)
        {
            sync.WhenSynchronized(name => _news.Writer.TryWrite(name));
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (_options.Url is not { } url)
        {
            return;
        }

        using var http = new HttpClient(NewHandler()) { Timeout = TimeSpan.FromSeconds(10) };
        await foreach (RepositoryName repository in _news.Reader.ReadAllAsync(stoppingToken))
        {
            try
            {
                byte[] body = JsonSerializer.SerializeToUtf8Bytes(
                    new
                    {
                        @event = "mirror synchronized",
                        repo = repository.ToString(),
                        at = _time.GetUtcNow(),
                    }
                );
                using HttpResponseMessage answer = await s_retry.ExecuteAsync(
                    async token => await SendAsync(http, url, body, token),
                    stoppingToken
                );
                answer.EnsureSuccessStatusCode();
            }
            catch (Exception e)
                when (e is HttpRequestException or IOException or UnauthorizedAccessException or TaskCanceledException
                    && !stoppingToken.IsCancellationRequested
                )
            {
                _logger.NoticeFailed(url, e.Message);
            }
        }
    }

    /// <summary>The signature is for one host only. So a redirect is a failure, and the operator must correct the URL.</summary>
    private static SocketsHttpHandler NewHandler() =>
        new()
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            ActivityHeadersPropagator = null,
            // The name is resolved again after this time, in case its address has changed.
            PooledConnectionLifetime = TimeSpan.FromMinutes(2),
        };

    private async Task<HttpResponseMessage> SendAsync(HttpClient http, Uri url, byte[] body, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new("application/json");
        if (_options.SecretFile is { } file)
        {
            byte[] secret = System.Text.Encoding.UTF8.GetBytes((await File.ReadAllTextAsync(file, cancellationToken)).Trim());
            request.Headers.Add("X-Waystation-Signature-256", "sha256=" + Convert.ToHexStringLower(HMACSHA256.HashData(secret, body)));
        }

        return await http.SendAsync(request, cancellationToken);
    }
}
