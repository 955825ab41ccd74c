using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Waystation.Proxy.Doctor.Looks;

/// <summary>What a server answers to an HTTP request in plain text.</summary>
/// <param name="Status">The status; null if the answer is not HTTP.</param>
internal sealed record PlainLook(int? Status)
{
    private const int HeadLength = 12;

    private const string Version = "HTTP/1.";

    /// <exception cref="SocketException">There is no connection.</exception>
    public static async Task<PlainLook> AtAsync(EndPoint to, string host, CancellationToken cancellationToken)
    {
        await using NetworkStream stream = await TcpLook.OpenAsync(to, cancellationToken);
        try
        {
            byte[] request = Encoding.ASCII.GetBytes($"HEAD / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
            await stream.WriteAsync(request, cancellationToken);
            byte[] head = new byte[HeadLength];
            int read = await stream.ReadAtLeastAsync(head, HeadLength, throwOnEndOfStream: false, cancellationToken);
            string text = Encoding.Latin1.GetString(head, 0, read);
            return new PlainLook(
                text.StartsWith(Version, StringComparison.Ordinal)
                && int.TryParse(text.AsSpan(Version.Length + 1).Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out int status)
                    ? status
                    : null
            );
        }
        catch (IOException)
        {
            return new PlainLook(Status: null);
        }
    }
}
