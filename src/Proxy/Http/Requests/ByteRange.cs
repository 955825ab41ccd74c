using System.Net.Http.Headers;

namespace Waystation.Proxy.Http.Requests;

/// <summary>The part of a representation that a request wants (RFC 9110, section 14).</summary>
/// <param name="From">The first byte.</param>
/// <param name="Count">The number of bytes.</param>
/// <param name="IsPart">Whether the request names a part; else it wants the whole.</param>
internal readonly record struct ByteRange(long From, long Count, bool IsPart)
{
    /// <summary>Reads <c>Range</c> and <c>If-Range</c>. Null if no byte of the range exists (416).</summary>
    /// <param name="request">The request.</param>
    /// <param name="etag">The strong entity tag, with its quotation marks.</param>
    /// <param name="size">Bytes of the whole.</param>
    public static ByteRange? Of(HttpRequest request, string etag, long size)
    {
        var whole = new ByteRange(0, size, IsPart: false);
        string condition = request.Headers.IfRange.ToString();
        if (
            !HttpMethods.IsGet(request.Method)
            || request.Headers.Range is not [{ } text]
            || (condition.Length > 0 && condition != etag)
            || !RangeHeaderValue.TryParse(text, out RangeHeaderValue? range)
            || !string.Equals(range.Unit, "bytes", StringComparison.OrdinalIgnoreCase)
            || range.Ranges.Count != 1
        )
        {
            // A server may ignore what it does not understand, and several ranges.
            return whole;
        }

        RangeItemHeaderValue part = range.Ranges.First();
        long from = part.From ?? Math.Max(0, size - part.To!.Value);
        long last = part.From is null ? size - 1 : Math.Min(part.To ?? (size - 1), size - 1);
        return from <= last ? new ByteRange(from, last - from + 1, IsPart: true) : null;
    }
}
