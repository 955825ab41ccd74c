using System.Diagnostics;
using System.Net.Sockets;
using Waystation.TestKit.Servers;

namespace Waystation.Ratios;

/// <summary>nginx giving out files, plain and under TLS: what a machine can do when nothing has to be decided.</summary>
internal sealed class NginxServer : IAsyncDisposable
{
    private readonly TempFolder folder = new();
    private Process? process;

    public static string Program { get; } = new[] { "/usr/sbin/nginx", "/usr/local/sbin/nginx" }.FirstOrDefault(File.Exists) ?? "nginx";

    public Uri Plain { get; private set; } = new("http://unknown.invalid/");

    public Uri Tls { get; private set; } = new("https://unknown.invalid/");

    public static async Task<NginxServer> StartAsync(TlsFiles tls)
    {
        var server = new NginxServer();
        try
        {
            server.folder.CreateFolder("files");
            server.folder.CreateSharedFolder("scratch");
            await server.LaunchAsync(tls);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Where a file of this name lies; it is served as <c>/NAME</c>.</summary>
    public string FileFor(string name) => Path.Combine(folder["files"], name);

    public ValueTask DisposeAsync()
    {
        if (process is not null)
        {
            process.Kill(entireProcessTree: true);
            process.WaitForExit();
            process.Dispose();
        }

        folder.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task LaunchAsync(TlsFiles tls)
    {
        (int plain, int secured) = (FreePort.Find(), FreePort.Find());
        (Plain, Tls) = (new Uri($"http://127.0.0.1:{plain}/"), new Uri($"https://127.0.0.1:{secured}/"));
        string scratch = folder["scratch"];
        await File.WriteAllTextAsync(folder["nginx.conf"], $$"""
            daemon off;
            pid {{folder["nginx.pid"]}};
            error_log {{folder["error.log"]}};
            worker_processes auto;
            events { worker_connections 256; }
            http {
                access_log off;
                sendfile on;
                tcp_nopush on;
                default_type application/x-git-upload-pack-result;
                client_body_temp_path {{scratch}}/body;
                proxy_temp_path {{scratch}}/proxy;
                fastcgi_temp_path {{scratch}}/fastcgi;
                uwsgi_temp_path {{scratch}}/uwsgi;
                scgi_temp_path {{scratch}}/scgi;
                ssl_certificate {{tls.Certificate}};
                ssl_certificate_key {{tls.Key}};
                server {
                    listen 127.0.0.1:{{plain}};
                    listen 127.0.0.1:{{secured}} ssl http2;
                    root {{folder["files"]}};
                }
            }

            """);
        process = new Command(Program, "-p", folder.FullPath, "-e", folder["error.log"], "-c", folder["nginx.conf"]).Start();
        Process started = process;
        await Eventually.TrueAsync("nginx accepts connections", () =>
        {
            if (started.HasExited)
                throw new InvalidOperationException($"nginx ended at once: {started.StandardError.ReadToEnd()}");
            using var probe = new TcpClient();
            try
            {
                probe.Connect("127.0.0.1", plain);
                return true;
            }
            catch (SocketException)
            {
                return false;
            }
        });
    }
}
