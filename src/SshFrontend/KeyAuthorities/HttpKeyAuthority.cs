using System.Net;
using System.Net.Http.Headers;

namespace Waystation.SshFrontend.KeyAuthorities;

/// <summary>
/// A key authority that is a URL. The question is posted to it as JSON, 200 has the answer, 404 means that the key is unknown. Every other
/// status is an error, redirections too, because only the operator decides where to ask.
/// </summary>
public sealed class HttpKeyAuthority : IKeyAuthority, IDisposable
{
    private readonly Uri _url;
    private readonly TimeSpan _timeout;
    private readonly HttpMessageInvoker _invoker;

    /// <param name="url">The address; see <see cref="Accepts"/>.</param>
    /// <param name="timeout">The time for connecting and the whole answer.</param>
    public HttpKeyAuthority(Uri url, TimeSpan timeout)
        : this(url, timeout, new SocketsHttpHandler()) { }

    /// <param name="url">The address.</param>
    /// <param name="timeout">The time for connecting and the whole answer.</param>
    /// <param name="handler">Makes the connections. This owns it from now on, and switches off unsafe features in it.</param>
    internal HttpKeyAuthority(Uri url, TimeSpan timeout, SocketsHttpHandler handler)
    {
        if (!Accepts(url))
        {
            throw new ArgumentException(
                "a key authority's URL begins with https://, or with http:// on loopback, and holds no login",
                nameof(url)
            );
        }

        _url = url;
        _timeout = timeout;
        handler.AllowAutoRedirect = false;
        handler.UseCookies = false;
        handler.ActivityHeadersPropagator = null;
        handler.ConnectTimeout = timeout;
        handler.PooledConnectionIdleTimeout = TimeSpan.FromSeconds(30);
        // The name is resolved again after this time, in case its address has changed.
        handler.PooledConnectionLifetime = TimeSpan.FromMinutes(2);
        _invoker = new HttpMessageInvoker(handler);
    }

    /// <summary>Whether this may be the address of an authority: https, or http on loopback, without a login in it.</summary>
    public static bool Accepts(Uri url)
    {
        ArgumentNullException.ThrowIfNull(url);
        return url.IsAbsoluteUri
            && url.UserInfo.Length == 0
            && (url.Scheme == Uri.UriSchemeHttps || (url.Scheme == Uri.UriSchemeHttp && url.IsLoopback));
    }

    /// <inheritdoc />
    public async Task<PrimaryCredential?> FindAsync(KeyQuestion question, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(question);
        using var late = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        late.CancelAfter(_timeout);
        try
        {
            return await AskAsync(question, late.Token);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw Failed($"no answer within {_timeout.TotalSeconds:0.###} s", e);
        }
        catch (Exception e) when (e is HttpRequestException or (IOException and not KeyAuthorityException))
        {
            throw Failed(e.InnerException is { } cause ? $"{e.Message} {cause.Message}" : e.Message, e);
        }
    }

    /// <inheritdoc />
    public void Dispose() => _invoker.Dispose();

    private async Task<PrimaryCredential?> AskAsync(KeyQuestion question, CancellationToken cancellationToken)
    {
        using HttpResponseMessage response = await SendAsync(question, cancellationToken);
        switch (response.StatusCode)
        {
            case HttpStatusCode.NotFound:
                return null;
            case HttpStatusCode.OK:
                await using (Stream body = await response.Content.ReadAsStreamAsync(cancellationToken))
                {
                    byte[] answer =
                        await BoundedReading.ReadAllAsync(body, CredentialParser.MaxLength, cancellationToken)
                        ?? throw Failed($"an answer of more than {CredentialParser.MaxLength} bytes");
                    return Parse(answer);
                }

            default:
                throw Failed($"status {(int)response.StatusCode}");
        }
    }

    /// <summary>The authority may close a connection just when it is used again; a question may be asked twice.</summary>
    private async Task<HttpResponseMessage> SendAsync(KeyQuestion question, CancellationToken cancellationToken)
    {
        try
        {
            return await SendOnceAsync(question, cancellationToken);
        }
        catch (HttpRequestException e) when (e.HttpRequestError is HttpRequestError.ResponseEnded or HttpRequestError.Unknown)
        {
            return await SendOnceAsync(question, cancellationToken);
        }
    }

    private async Task<HttpResponseMessage> SendOnceAsync(KeyQuestion question, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, _url)
        {
            Content = new ByteArrayContent(QuestionWriter.Write(question)),
        };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        return await _invoker.SendAsync(request, cancellationToken);
    }

    private PrimaryCredential? Parse(byte[] answer)
    {
        try
        {
            return CredentialParser.Parse(answer);
        }
        catch (KeyAuthorityException e)
        {
            throw Failed(e.Message, e);
        }
    }

    private KeyAuthorityException Failed(string what, Exception? inner = null) =>
        new($"key authority {_url.GetLeftPart(UriPartial.Path)}: {what}", inner);
}
