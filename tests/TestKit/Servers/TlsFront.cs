using System.Security.Cryptography.X509Certificates;

namespace Waystation.TestKit.Servers;

/// <summary>HAProxy that ends TLS in front of a server, at an address of this machine that is the test's own.</summary>
public sealed class TlsFront : IAsyncDisposable
{
    private readonly TempFolder _folder = new();
    private ListeningProcess? _process;

    private TlsFront() { }

    /// <param name="address">Host and port at which clients ask.</param>
    /// <param name="certificate">The certificate that they see, with its key.</param>
    /// <param name="server">The server, over plain HTTP.</param>
    public static async Task<TlsFront> StartAsync(string address, X509Certificate2 certificate, Uri server)
    {
        ArgumentNullException.ThrowIfNull(server);
        var front = new TlsFront();
        try
        {
            await front.LaunchAsync(address, certificate, server);
            return front;
        }
        catch
        {
            await front.DisposeAsync();
            throw;
        }
    }

    public ValueTask DisposeAsync()
    {
        _process?.Dispose();
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task LaunchAsync(string address, X509Certificate2 certificate, Uri server)
    {
        CertificateAuthority.Write(certificate, _folder["certificate.pem"], _folder["key.pem"]);
        await File.AppendAllTextAsync(_folder["certificate.pem"], await File.ReadAllTextAsync(_folder["key.pem"]));
        int port = FreePort.Find();
        await File.WriteAllTextAsync(
            _folder["haproxy.cfg"],
            $"""
            defaults
                mode http
                timeout connect 5s
                timeout client 1m
                timeout server 1m
            listen front
                bind {address} ssl crt {_folder["certificate.pem"]} alpn h2,http/1.1
                bind 127.0.0.1:{port}
                server behind {server.Authority}

            """
        );
        _process = await ListeningProcess.StartAsync(
            "HAProxy",
            new Command("haproxy", "-db", "-f", _folder["haproxy.cfg"])
            {
                Environment = new Dictionary<string, string> { ["PATH"] = $"{Environment.GetEnvironmentVariable("PATH")}:/usr/sbin" },
            },
            port
        );
    }
}
