using System.Diagnostics;

namespace Waystation.Ratios.Rivals;

/// <summary>nginx giving out files, plain and under TLS: what a machine can do when nothing has to be decided. Beside it, nginx as a plain
/// reverse proxy in front of the primary.</summary>
internal sealed class NginxServer : IAsyncDisposable
{
    private readonly TempFolder _folder = new();
    private Process? _process;

    public static string Program { get; } = new[] { "/usr/sbin/nginx", "/usr/local/sbin/nginx" }.FirstOrDefault(File.Exists) ?? "nginx";

    public Uri Plain { get; private set; } = new("http://unknown.invalid/");

    public Uri Tls { get; private set; } = new("https://unknown.invalid/");

    /// <summary>Everything goes to the primary, nothing is kept.</summary>
    public Uri Proxy { get; private set; } = new("http://unknown.invalid/");

    public int ProcessId => _process?.Id ?? throw new InvalidOperationException("nginx is not running");

    public static async Task<NginxServer> StartAsync(TlsFiles tls, Uri primary)
    {
        var server = new NginxServer();
        try
        {
            server._folder.CreateFolder("files");
            server._folder.CreateSharedFolder("scratch");
            await server.LaunchAsync(tls, primary);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>The path of a file of this name; it is served as <c>/NAME</c>.</summary>
    public string FileFor(string name) => Path.Combine(_folder["files"], name);

    public ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            _process.Kill(entireProcessTree: true);
            _process.WaitForExit();
            _process.Dispose();
        }

        _folder.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task LaunchAsync(TlsFiles tls, Uri primary)
    {
        (int plain, int secured, int proxy) = (FreePort.Find(), FreePort.Find(), FreePort.Find());
        Proxy = new Uri($"http://127.0.0.1:{proxy}/");
        (Plain, Tls) = (new Uri($"http://127.0.0.1:{plain}/"), new Uri($"https://127.0.0.1:{secured}/"));
        string scratch = _folder["scratch"];
        await File.WriteAllTextAsync(
            _folder["nginx.conf"],
            $$"""
            daemon off;
            pid {{_folder["nginx.pid"]}};
            error_log {{_folder["error.log"]}};
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
                    root {{_folder["files"]}};
                }
                server {
                    listen 127.0.0.1:{{proxy}};
                    client_max_body_size 0;
                    location / {
                        proxy_pass {{primary.GetLeftPart(UriPartial.Authority)}};
                        proxy_http_version 1.1;
                        proxy_set_header Connection "";
                        proxy_buffering off;
                        proxy_request_buffering off;
                    }
                }
            }

            """
        );
        _process = new Command(Program, "-p", _folder.FullPath, "-e", _folder["error.log"], "-c", _folder["nginx.conf"]).Start();
        Process started = _process;
        await Eventually.TrueAsync(
            "nginx accepts connections",
            () =>
            {
                if (started.HasExited)
                {
                    throw new InvalidOperationException($"nginx ended at once: {started.StandardError.ReadToEnd()}");
                }

                return FreePort.IsServedAsync(plain);
            }
        );
    }
}
