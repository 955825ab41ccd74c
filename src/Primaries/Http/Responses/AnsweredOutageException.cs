using Waystation.FetchCore.Primaries.Errors;
using Waystation.Primaries.Http.Connections;

namespace Waystation.Primaries.Http.Responses;

/// <summary>
/// An outage with a response of the primary, such as a page with the expected duration. The response was written for one client. Only that
/// client gets it, and only if no record serves it.
/// </summary>
/// <param name="message">The failure.</param>
/// <param name="answer">The primary's response, with its body in memory.</param>
public sealed class AnsweredOutageException(string message, HttpResponseMessage answer)
    : PrimaryOutageException(message, (int)answer.StatusCode)
{
    /// <summary>The longest body of an error.</summary>
    private const int MaxLength = 64 * 1024;

    /// <summary>The longest time for the body: a primary that fails may hang in the middle of its response.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(2);

    public HttpResponseMessage Answer => answer;

    /// <summary>The same outage, without the response, for other clients.</summary>
    public override PrimaryOutageException ForOthers() => new(Message, Status);

    /// <summary>The outage that a response shows, with that response if it is short and whole.</summary>
    /// <param name="says">The failure.</param>
    /// <param name="response">The response; the caller disposes it.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">The asker's token.</param>
    public static async Task<PrimaryOutageException> FromAsync(
        string says,
        HttpResponseMessage response,
        TimeProvider time,
        CancellationToken cancellationToken
    )
    {
        byte[]? body = await ReadAsync(response, time, cancellationToken);
        if (body is null)
        {
            return new PrimaryOutageException(says, (int)response.StatusCode);
        }

        var copy = new HttpResponseMessage(response.StatusCode)
        {
            ReasonPhrase = response.ReasonPhrase,
            Content = new ByteArrayContent(body),
        };
        copy.Headers.AddAll(response.Headers);
        copy.Content.Headers.AddAll(response.Content.Headers);

        return new AnsweredOutageException(says, copy);
    }

    /// <summary>The whole body; null if it is too long, too slow or ended early.</summary>
    private static async Task<byte[]?> ReadAsync(HttpResponseMessage response, TimeProvider time, CancellationToken cancellationToken)
    {
        using var late = new CancellationTokenSource(s_patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        try
        {
            Stream stream = await response.Content.ReadAsStreamAsync(either.Token);
            byte[] body = new byte[MaxLength + 1];
            int length = await stream.ReadAtLeastAsync(body, body.Length, throwOnEndOfStream: false, either.Token);
            return length <= MaxLength ? body[..length] : null;
        }
        catch (Exception e)
            when (e is IOException or HttpRequestException
                || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested)
            )
        {
            return null;
        }
    }
}
