using Waystation.FetchCore.Primaries.Errors;
using Waystation.Primaries.Http.Connections;

namespace Waystation.Primaries.Http.Responses;

/// <summary>
/// An outage that the primary has put into words, such as a page that says for how long. The words were said to one client and are told to
/// that client alone, where nothing recorded serves it.
/// </summary>
/// <param name="message">What fails.</param>
/// <param name="answer">The primary's answer, with a body that lies in memory.</param>
public sealed class AnsweredOutageException(string message, HttpResponseMessage answer)
    : PrimaryOutageException(message, (int)answer.StatusCode)
{
    /// <summary>More than an error is honestly put into.</summary>
    private const int MaxLength = 64 * 1024;

    /// <summary>A primary that fails may hang in the middle of saying so.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(2);

    public HttpResponseMessage Answer => answer;

    /// <summary>The same outage, as others hear of it.</summary>
    public override PrimaryOutageException ForOthers() => new(Message, Status);

    /// <summary>The outage that an answer tells of, with that answer where it is short and comes to its end.</summary>
    /// <param name="says">What fails.</param>
    /// <param name="response">The answer, which stays the caller's.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">The asker's.</param>
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

    /// <summary>The whole body; null where it is too long, too late or broken off.</summary>
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
