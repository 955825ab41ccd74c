namespace Waystation.SshFrontend.KeyAuthorities;

/// <summary>Reads a stream up to a bound.</summary>
internal static class BoundedReading
{
    /// <summary>All of a stream; null when it is longer than <paramref name="maxLength"/> bytes, and then the rest stays unread.</summary>
    public static async Task<byte[]?> ReadAllAsync(Stream from, int maxLength, CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[maxLength + 1];
        int length = await from.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken);
        return length > maxLength ? null : buffer[..length];
    }
}
