using System.Buffers;
using System.Net;
using Waystation.CacheStore.Lfs;
using Waystation.FetchCore.Lfs;

namespace Waystation.Farm.Lfs;

/// <summary>One object at the only node that can download it from the primary.</summary>
internal sealed class PeerLfsSource(HttpMessageInvoker http, string node, Uri url) : ILfsSource
{
    private const int BlockLength = 64 * 1024;

    /// <inheritdoc />
    public int Bytes => (2 * url.OriginalString.Length) + 128;

    /// <inheritdoc />
    public LfsSourceParts? Parts => null;

    /// <inheritdoc />
    public async Task FillAsync(LfsFill fill)
    {
        ArgumentNullException.ThrowIfNull(fill);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, url);
            request.Headers.TryAddWithoutValidation("Via", "1.1 waystation");
            using HttpResponseMessage response = await http.SendAsync(request, fill.Stopping);
            if (response.StatusCode == HttpStatusCode.OK)
            {
                await CopyAsync(response, fill);
            }
            else
            {
                fill.Refuse(RefusalOf(response));
            }
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException && !fill.Stopping.IsCancellationRequested)
        {
            // Once a byte came, the fill itself tells its readers that it broke off.
            fill.Refuse(
                new LfsRefusal((int)HttpStatusCode.BadGateway, $"the node {node} cannot be reached, which alone can download this object")
            );
        }
    }

    private LfsRefusal RefusalOf(HttpResponseMessage response) =>
        new((int)response.StatusCode, $"the node {node} answered {(int)response.StatusCode} {response.ReasonPhrase}")
        {
            Elsewhere = response.StatusCode == HttpStatusCode.Found ? response.Headers.Location : null,
            RetryAfter = response.Headers.RetryAfter?.Delta,
        };

    private static async Task CopyAsync(HttpResponseMessage response, LfsFill fill)
    {
        byte[] block = ArrayPool<byte>.Shared.Rent(BlockLength);
        try
        {
            await using Stream body = await response.Content.ReadAsStreamAsync(fill.Stopping);
            int read;
            while ((read = await body.ReadAsync(block, fill.Stopping)) > 0)
            {
                await fill.WriteAsync(block.AsMemory(0, read));
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(block);
        }
    }
}
