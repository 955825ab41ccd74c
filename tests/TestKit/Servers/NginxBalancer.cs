namespace Waystation.TestKit.Servers;

/// <summary>nginx as docs/farm.md sets it up. It learns that a node is away by the connections that the node refuses.</summary>
public sealed class NginxBalancer : IBalancer
{
    private readonly TempFolder _folder = new();
    private readonly int _http = FreePort.Find();
    private readonly int _ssh = FreePort.Find();
    private ListeningProcess? _process;

    private NginxBalancer() { }

    public Uri Url => new($"http://127.0.0.1:{_http}/");

    public string Ssh => $"127.0.0.1:{_ssh}";

    /// <param name="nodes">All nodes that may come; a node that does not run gets nothing.</param>
    public static async Task<NginxBalancer> StartAsync(IReadOnlyList<NodeAddresses> nodes)
    {
        var balancer = new NginxBalancer();
        try
        {
            await balancer.LaunchAsync(nodes);
            return balancer;
        }
        catch
        {
            await balancer.DisposeAsync();
            throw;
        }
    }

    public ValueTask DisposeAsync()
    {
        _process?.Dispose();
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task LaunchAsync(IReadOnlyList<NodeAddresses> nodes)
    {
        string scratch = _folder.CreateSharedFolder("scratch");
        await File.WriteAllTextAsync(
            _folder["nginx.conf"],
            $$"""
            daemon off;
            load_module /usr/lib/nginx/modules/ngx_stream_module.so;
            pid {{_folder["nginx.pid"]}};
            error_log {{_folder["error.log"]}};
            worker_processes 1;
            events { worker_connections 1024; }
            http {
                access_log off;
                client_body_temp_path {{scratch}}/body;
                proxy_temp_path {{scratch}}/proxy;
                fastcgi_temp_path {{scratch}}/fastcgi;
                uwsgi_temp_path {{scratch}}/uwsgi;
                scgi_temp_path {{scratch}}/scgi;
                upstream nodes {
            {{Servers(static node => node.Url["http://".Length..])}}
                    keepalive 32;
                }
                server {
                    listen 127.0.0.1:{{_http}};
                    client_max_body_size 0;
                    # Nodes reach each other directly.
                    location /.waystation/farm/ { return 404; }
                    location / {
                        proxy_pass http://nodes;
                        proxy_http_version 1.1;
                        proxy_set_header Connection "";
                        proxy_set_header Host $http_host;
                        proxy_set_header X-Forwarded-For $remote_addr;
                        proxy_set_header X-Forwarded-Host "";
                        proxy_buffering off;
                        proxy_request_buffering off;
                        proxy_connect_timeout 2s;
                        proxy_read_timeout 10m;
                        proxy_send_timeout 10m;
                    }
                }
            }
            stream {
                upstream ssh {
            {{Servers(static node => node.SshAddress)}}
                }
                server {
                    listen 127.0.0.1:{{_ssh}};
                    proxy_pass ssh;
                    proxy_connect_timeout 2s;
                    proxy_timeout 1h;
                }
            }

            """
        );
        _process = await ListeningProcess.StartAsync(
            "nginx",
            new Command("/usr/sbin/nginx", "-p", _folder.FullPath, "-e", _folder["error.log"], "-c", _folder["nginx.conf"]),
            _http
        );

        string Servers(Func<NodeAddresses, string> address) =>
            string.Join('\n', nodes.Select(node => $"        server {address(node)} max_fails=1 fail_timeout=1s;"));
    }
}
