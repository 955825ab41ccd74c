using System.Buffers;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Waystation.FetchCore.Primaries.Errors;
using Waystation.GitProtocol;
using Waystation.GitProtocol.PktLines;

namespace Waystation.Primaries.Http.Responses;

/// <summary>
/// Reads the beginning of an upload-pack response, because some servers refuse with status 200 and an ERR packet. Some (gitolite) send the
/// service line of an advertisement before it, for any question.
/// <code>
///   [# service=git-upload-pack, flush]  ERR text
/// </code>
/// </summary>
public static class ErrorLook
{
    private const string ResultType = "application/x-git-upload-pack-result";

    /// <summary>Most responses can be judged by this many bytes; a longer ERR packet is read to its end.</summary>
    private const int FirstRead = 4_096;

    /// <summary>
    /// Judges a response. The response's content gives the bytes again. An ERR packet in the response to a POST stays unchanged, because a
    /// client shows its text only in that place.
    /// </summary>
    /// <param name="response">The response, whose body was not read yet.</param>
    /// <param name="isPost">Whether it answers a POST.</param>
    /// <param name="wasPromised">
    /// Whether the node has told the client the primary's capabilities. A client that asks the primary itself would not have come so far,
    /// so a response that is not Git's is put into an ERR packet for it.
    /// </param>
    /// <param name="cancellationToken">The asker's token.</param>
    /// <param name="cancellationToken">The asker's.</param>
    public static async Task<AnswerVerdict> JudgeAsync(
        HttpResponseMessage response,
        bool isPost,
        bool wasPromised,
        CancellationToken cancellationToken
    )
    {
        if (!HttpPrimaryReply.IsGitAnswer(response))
        {
            // Without a type, or with another type than that of a page, git reads the bytes and reports the fault itself.
            string type = response.Content.Headers.ContentType?.MediaType ?? "";
            bool isPage = response.IsSuccessStatusCode && type.StartsWith("text/", StringComparison.OrdinalIgnoreCase);
            bool isRefusal = HttpPrimaryReply.IsNoSuccess(response);
            if (!isRefusal || !isPost || !wasPromised || !isPage)
            {
                return new AnswerVerdict(null, isRefusal);
            }

            string status = ((int)response.StatusCode).ToString(CultureInfo.InvariantCulture);
            string text = $"waystation: the primary answered {status} with {type}, which is no Git response";
            var packet = new ArrayBufferWriter<byte>();
            PktLineWriter.WriteError(packet, text);
            response.StatusCode = HttpStatusCode.OK;
            Put(response, packet.WrittenMemory);
            return new AnswerVerdict(text, IsRefusal: true);
        }

        (ReadOnlyMemory<byte> read, ReadOnlyMemory<byte>? error, Stream further) = await ReadStartAsync(response, cancellationToken);
        if (error is not { } line)
        {
            response.Content = new ReplayedContent(response.Content, read, further);
            return new AnswerVerdict(null, IsRefusal: false);
        }

        if (isPost)
        {
            Put(response, line);
        }
        else
        {
            response.Content = new ReplayedContent(response.Content, read, further);
        }

        string said = Encoding.UTF8.GetString(line.Span[(PktLineReader.HeaderLength + Keywords.Err.Length)..]).TrimEnd('\n');
        return new AnswerVerdict(said, ErrorLines.MeaningOf(said) == ErrorMeaning.Refusal);
    }

    private static void Put(HttpResponseMessage response, ReadOnlyMemory<byte> packet)
    {
        var content = new ReplayedContent(response.Content, packet, Stream.Null);
        content.Headers.ContentType = new MediaTypeHeaderValue(ResultType);
        response.Content = content;
    }

    private static async Task<(ReadOnlyMemory<byte> Read, ReadOnlyMemory<byte>? Error, Stream Further)> ReadStartAsync(
        HttpResponseMessage response,
        CancellationToken cancellationToken
    )
    {
        Stream rest = await response.Content.ReadAsStreamAsync(cancellationToken);
        byte[] read = new byte[FirstRead];
        int length = 0;
        while (Look(read.AsMemory(0, length), out _))
        {
            if (length == read.Length)
            {
                Array.Resize(ref read, PktLineReader.MaxLength + FirstRead);
            }

            int more = await rest.ReadAsync(read.AsMemory(length), cancellationToken);
            if (more == 0)
            {
                return (read.AsMemory(0, length), null, rest);
            }

            length += more;
        }

        Look(read.AsMemory(0, length), out ReadOnlyMemory<byte>? found);
        return (read.AsMemory(0, length), found, rest);
    }

    /// <summary>True while more bytes are needed.</summary>
    private static bool Look(ReadOnlyMemory<byte> bytes, out ReadOnlyMemory<byte>? error)
    {
        error = null;
        var rest = new ReadOnlySequence<byte>(bytes);
        bool isFirst = true;
        try
        {
            while (true)
            {
                ReadOnlySequence<byte> before = rest;
                ReadOnlySequence<byte> text = rest.Slice(Math.Min(rest.Length, PktLineReader.HeaderLength));
                bool mayBeError = Begins(text, Keywords.Err),
                    mayBeService = isFirst && Begins(text, Keywords.ServiceIs);
                if (!PktLineReader.TryRead(ref rest, out PktLine packet))
                {
                    return mayBeError || mayBeService || rest.Length < PktLineReader.HeaderLength;
                }

                if (packet.Kind == PktLineKind.Data && packet.TryStripPrefix(Keywords.Err, out _))
                {
                    error = bytes.Slice((int)(bytes.Length - before.Length), (int)(before.Length - rest.Length));
                    return false;
                }

                if (!(mayBeService || (!isFirst && packet.Kind == PktLineKind.Flush)))
                {
                    return false;
                }

                isFirst = false;
            }
        }
        catch (GitProtocolException)
        {
            // Not a Git response: its reader judges it.
            return false;
        }
    }

    /// <summary>Whether the bytes so far are the beginning of a text.</summary>
    private static bool Begins(in ReadOnlySequence<byte> text, ReadOnlySpan<byte> with)
    {
        int length = (int)Math.Min(text.Length, with.Length);
        return text.FirstSpan[..length].SequenceEqual(with[..length]);
    }
}
