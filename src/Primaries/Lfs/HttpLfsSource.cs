using System.Diagnostics;
using System.Net;
using Microsoft.Extensions.Primitives;
using Waystation.CacheStore;
using Waystation.CacheStore.Lfs;
using Waystation.FetchCore.Lfs;
using Waystation.FetchCore.Primaries.Errors;
using Waystation.GitProtocol.Lfs;
using Waystation.Primaries.Http;
using Waystation.Primaries.Http.Connections;
using Waystation.Primaries.Loops;

namespace Waystation.Primaries.Lfs;

/// <summary>The download action of one object, for one client (git-lfs docs/api/basic-transfers.md).</summary>
internal sealed class HttpLfsSource : ILfsSource
{
    private const int MaxHops = 5;

    /// <summary>Bytes of a text that a client gets with a refusal.</summary>
    private const int MaxMessage = 1_024;

    private readonly LfsStorage _storage;
    private readonly HttpOrigin _origin;
    private readonly Uri _url;
    private readonly IReadOnlyList<KeyValuePair<string, string>> _header;
    private readonly LfsLogin _login;

    /// <param name="storage">Sends requests.</param>
    /// <param name="origin">The primary that named the URL.</param>
    /// <param name="url">The URL.</param>
    /// <param name="header">The fields that the action demands.</param>
    /// <param name="login">The client's own fields, for the primary alone; and what to do when the primary refuses.</param>
    public HttpLfsSource(LfsStorage storage, HttpOrigin origin, Uri url, IReadOnlyList<KeyValuePair<string, string>> header, LfsLogin login)
    {
        (_storage, _origin, _url, _header, _login) = (storage, origin, url, header, login);
        Bytes = (3 * url.OriginalString.Length) + header.Sum(static field => 2 * (field.Key.Length + field.Value.Length)) + 256;
    }

    /// <inheritdoc />
    public int Bytes { get; }

    /// <inheritdoc />
    public LfsSourceParts? Parts =>
        _login.IsInAction || (_login.Fields.Count > 0 && _origin.IsOwn(_url)) ? null : new LfsSourceParts(_url.OriginalString, _header);

    /// <inheritdoc />
    public async Task FillAsync(ILfsSink sink)
    {
        ArgumentNullException.ThrowIfNull(sink);
        try
        {
            using HttpResponseMessage response = await FollowAsync(sink.Stopping);
            if (response.StatusCode == HttpStatusCode.OK && response.Content.Headers.ContentEncoding.Count == 0)
            {
                await using Stream body = await response.Content.ReadAsStreamAsync(sink.Stopping);
                await body.CopyToAsync(sink);
            }
            else
            {
                if (response.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden && _origin.IsOwn(_url))
                {
                    _login.WhenRefused();
                }

                sink.Refuse(await RefusalOfAsync(response, sink.Stopping));
            }
        }
        catch (Exception e)
            when (e is HttpRequestException or PrimaryException or StorageRefusedException or OperationCanceledException
                && !sink.Stopping.IsCancellationRequested
            )
        {
            // Once a byte came, the sink itself tells its readers that it broke off.
            sink.Refuse(
                Refused(e) is { } refused
                    ? new LfsRefusal((int)HttpStatusCode.BadGateway, refused.Message) { Elsewhere = Elsewhere() }
                    : LfsRefusals.Unreachable(_url.Authority, e is OperationCanceledException ? "connecting took too long" : e.Message) with
                    {
                        Elsewhere = Elsewhere(),
                    }
            );
        }
    }

    private static StorageRefusedException? Refused(Exception e) =>
        e as StorageRefusedException ?? e.InnerException as StorageRefusedException;

    /// <summary>A client may go itself where the URL is all that it takes.</summary>
    private Uri? Elsewhere() => _header.Count == 0 && !_origin.IsOwn(_url) ? _url : null;

    private async Task<HttpResponseMessage> FollowAsync(CancellationToken cancellationToken)
    {
        Uri url = _url;
        bool isAsNamed = true;
        for (int hop = 0; ; hop++)
        {
            using Activity? span = Spans.BeginUpstream("lfs-object");
            using HttpRequestMessage request = NewRequest(url, isAsNamed);
            HttpResponseMessage response = await _storage.SendAsync(request, _origin, cancellationToken);
            if (hop == MaxHops || !IsRedirect(response) || response.Headers.Location is not { } location)
            {
                return response;
            }

            var next = new Uri(url, location);
            if (!_storage.MayFollow(next, url, _origin))
            {
                return response;
            }

            response.Dispose();
            isAsNamed = isAsNamed && next.GetLeftPart(UriPartial.Authority) == url.GetLeftPart(UriPartial.Authority);
            url = next;
        }
    }

    /// <param name="url">The URL.</param>
    /// <param name="isAsNamed">Whether it is on the host that the action named.</param>
    private HttpRequestMessage NewRequest(Uri url, bool isAsNamed)
    {
        _storage.Meters.Upstream("lfs-object");
        var request = new HttpRequestMessage(HttpMethod.Get, url);
        foreach (KeyValuePair<string, string> field in _header)
        {
            if (isAsNamed || LfsFields.MayFollow(field))
            {
                request.Headers.TryAddWithoutValidation(field.Key, field.Value);
            }
        }

        if (isAsNamed && _origin.IsOwn(url))
        {
            foreach ((string name, StringValues values) in _login.Fields)
            {
                if (!request.Headers.NonValidated.Contains(name))
                {
                    request.Headers.TryAddWithoutValidation(name, values.AsEnumerable());
                }
            }

            request.Headers.Host = _origin.Authority;
            request.RequestUri = _origin.UriOf(url.PathAndQuery);
        }

        request.Headers.TryAddWithoutValidation("Accept-Encoding", "identity");
        request.Headers.TryAddWithoutValidation("Via", NodeMark.Via);
        return request;
    }

    private async Task<LfsRefusal> RefusalOfAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (IsRedirect(response) && response.Headers.Location is { } location)
        {
            var to = new Uri(_url, location);
            return new LfsRefusal((int)HttpStatusCode.BadGateway, $"the node does not follow the redirect to {to.Host}")
            {
                Elsewhere = to.Scheme == Uri.UriSchemeHttps || to.Scheme == Uri.UriSchemeHttp ? to : null,
            };
        }

        int status = response.StatusCode == HttpStatusCode.OK ? (int)HttpStatusCode.BadGateway : (int)response.StatusCode;
        string text = await TextOfAsync(response, cancellationToken);
        return new LfsRefusal(
            status is >= 400 and < 600 ? status : (int)HttpStatusCode.BadGateway,
            text.Length > 0 ? text : $"{_url.Host} answered {(int)response.StatusCode} {response.ReasonPhrase}",
            RetryAfter.WaitOf(response, _storage.Time)
        );
    }

    /// <summary>The beginning of a message that the storage wrote; empty if it wrote none.</summary>
    private static async Task<string> TextOfAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (response.IsSuccessStatusCode || response.Content.Headers.ContentEncoding.Count > 0)
        {
            return "";
        }

        byte[] text = new byte[MaxMessage];
        await using Stream body = await response.Content.ReadAsStreamAsync(cancellationToken);
        int length = await body.ReadAtLeastAsync(text, text.Length, throwOnEndOfStream: false, cancellationToken);
        return LfsError.MessageOf(text.AsMemory(0, length)) ?? System.Text.Encoding.UTF8.GetString(text, 0, length).Trim();
    }

    private static bool IsRedirect(HttpResponseMessage response) =>
        response.StatusCode
            is HttpStatusCode.MovedPermanently
                or HttpStatusCode.Found
                or HttpStatusCode.SeeOther
                or HttpStatusCode.TemporaryRedirect
                or HttpStatusCode.PermanentRedirect;
}
