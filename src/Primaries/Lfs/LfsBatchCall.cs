using System.Buffers;
using System.Net;
using Microsoft.Extensions.Primitives;
using Waystation.FetchCore.Memory;
using Waystation.GitProtocol.Lfs;
using Waystation.Primaries.Http;
using Waystation.Primaries.Loops;

namespace Waystation.Primaries.Lfs;

/// <summary>A request of the batch API in a client's name.</summary>
public static class LfsBatchCall
{
    /// <summary>The longest answer that is read: of more objects than any client asks for at once.</summary>
    private const int MaxAnswer = 16 << 20;

    private const int Step = 64 * 1024;

    /// <summary>Bytes of memory for each byte of an answer: as it came, parsed, and written anew.</summary>
    private const int AnswerCost = 4;

    /// <summary>The client's own request, for the primary.</summary>
    /// <param name="asker">The client's name, request line and fields.</param>
    /// <param name="body">The body unchanged.</param>
    public static HttpRequestMessage NewRequest(HttpAsker asker, ReadOnlyMemory<byte> body)
    {
        ArgumentNullException.ThrowIfNull(asker);
        var content = new ReadOnlyMemoryContent(body);
        var request = new HttpRequestMessage(HttpMethod.Post, asker.Origin.UriOf(asker.OwnTarget)) { Content = content };
        foreach ((string name, StringValues values) in asker.Headers)
        {
            System.Net.Http.Headers.HttpHeaders to = name.StartsWith("Content-", StringComparison.OrdinalIgnoreCase)
                ? content.Headers
                : request.Headers;
            to.TryAddWithoutValidation(name, values.AsEnumerable());
        }

        request.Headers.Host = asker.Origin.Authority;
        request.Headers.TryAddWithoutValidation("Accept-Encoding", "identity");
        request.Headers.TryAddWithoutValidation("Via", NodeMark.Via);
        return request;
    }

    /// <summary>Whether a response may be an answer of the batch API, in plain bytes.</summary>
    public static bool IsAnswer(HttpResponseMessage response)
    {
        ArgumentNullException.ThrowIfNull(response);
        return response.StatusCode == HttpStatusCode.OK
            && response.Content.Headers.ContentEncoding.Count == 0
            && response.Content.Headers.ContentType?.MediaType is LfsBatchAnswer.MediaType or "application/json";
    }

    /// <summary>Reads an answer. The memory may end before it: then the bytes are its beginning.</summary>
    /// <param name="answer">The body.</param>
    /// <param name="memory">The share of this request.</param>
    /// <param name="cancellationToken">The client's token.</param>
    public static async Task<(ReadOnlyMemory<byte> Bytes, bool IsWhole)> ReadAsync(
        Stream answer,
        MemoryShare memory,
        CancellationToken cancellationToken
    )
    {
        ArgumentNullException.ThrowIfNull(answer);
        ArgumentNullException.ThrowIfNull(memory);
        var bytes = new ArrayBufferWriter<byte>(Step);
        while (bytes.WrittenCount < MaxAnswer && memory.TryGrow(Step * AnswerCost))
        {
            int read = await answer.ReadAtLeastAsync(bytes.GetMemory(Step)[..Step], Step, throwOnEndOfStream: false, cancellationToken);
            bytes.Advance(read);
            if (read < Step)
            {
                return (bytes.WrittenMemory, true);
            }
        }

        return (bytes.WrittenMemory, false);
    }
}
