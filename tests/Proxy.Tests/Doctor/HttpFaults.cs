using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;
using Waystation.Proxy.Doctor.Reporting;
using Waystation.Proxy.Tests.Servers;
using Waystation.TestKit.Servers;

namespace Waystation.Proxy.Tests.Doctor;

/// <summary>What can be wrong between the node and its primary over HTTP.</summary>
internal static class HttpFaults
{
    private const string Html = "<!DOCTYPE html><html><body>Sign in</body></html>";
    private const string Refs = "1111111111111111111111111111111111111111\trefs/heads/main\n";

    public static IReadOnlyDictionary<string, Fault> All { get; } =
        new Dictionary<string, Fault>(StringComparer.Ordinal)
        {
            ["nothing listens"] = new(
                "tcp",
                "Connection refused",
                "nothing listens",
                static stage =>
                {
                    stage.Settings["Primaries:0:Url"] = $"https://127.0.0.1:{FreePort.Find()}";
                    return Task.CompletedTask;
                }
            ),
            ["packets are dropped"] = new(
                "tcp",
                "no connection within 3 s",
                "a firewall drops",
                static async stage =>
                {
                    // The kernel drops what a full queue has no place for, as a firewall does.
                    Silent full = stage.Keep(new Silent());
                    await full.FillAsync();
                    stage.Settings["Primaries:0:Url"] = $"https://127.0.0.1:{full.Port}";
                }
            ),
            ["https to an http port"] = new(
                "scheme",
                "speaks plain http",
                "scheme or the port in Primaries:0:Url",
                static async stage =>
                {
                    ScriptedPrimary plain = await stage.PrimaryAsync(isTls: false);
                    stage.Settings["Primaries:0:Url"] = $"https://127.0.0.1:{plain.Port}";
                }
            ),
            ["http to an https port"] = new(
                "scheme",
                "speaks https",
                "with https://",
                static async stage =>
                {
                    ScriptedPrimary secure = await stage.PrimaryAsync();
                    stage.Settings["Primaries:0:Url"] = $"http://127.0.0.1:{secure.Port}";
                }
            ),
            ["https to an ssh port"] = new(
                "scheme",
                "speaks neither TLS nor http",
                "correct the port",
                static stage =>
                {
                    FakeSshServer ssh = stage.Keep(new FakeSshServer("curve25519-sha256", "ssh-ed25519"));
                    stage.Settings["Primaries:0:Url"] = $"https://127.0.0.1:{ssh.Port}";
                    return Task.CompletedTask;
                }
            ),
            ["certificate for another name"] = new(
                "tls",
                "for another name: other.example.test",
                "leads to another server",
                static stage => stage.PrimaryAsync(certificate: stage.Authority.Issue(["other.example.test"]))
            ),
            ["certificate has expired"] = new(
                "tls",
                "expired at",
                "check the clock",
                static stage => stage.PrimaryAsync(certificate: stage.Authority.Issue(["127.0.0.1"], DateTimeOffset.UtcNow.AddDays(-1)))
            ),
            ["certificate is not valid yet"] = new(
                "tls",
                "is valid only from",
                "check the clock",
                static stage =>
                    stage.PrimaryAsync(
                        certificate: stage.Authority.Issue(
                            ["127.0.0.1"],
                            DateTimeOffset.UtcNow.AddDays(9),
                            DateTimeOffset.UtcNow.AddDays(1)
                        )
                    )
            ),
            ["certificate expires soon"] = new(
                "tls",
                "its certificate expires at",
                "to renew it",
                static stage => stage.PrimaryAsync(certificate: stage.Authority.Issue(["127.0.0.1"], DateTimeOffset.UtcNow.AddDays(3)))
            )
            {
                State = FindingState.Warning,
            },
            ["certificate of an unknown authority"] = new(
                "tls",
                "the node knows no authority",
                "Primaries:0:Tls:CaFile",
                static stage =>
                {
                    stage.Settings.Remove("Primaries:0:Tls:CaFile");
                    return stage.PrimaryAsync();
                }
            ),
            ["another pinned key"] = new(
                "tls",
                "is one of Tls:Pin",
                "before you add the new pin",
                static stage =>
                {
                    stage.Settings["Primaries:0:Tls:Pin"] = "sha256//" + Convert.ToBase64String(new byte[32]);
                    return stage.PrimaryAsync();
                }
            ),
            ["server fails"] = new(
                "http",
                "status 503",
                "look at its own log",
                static stage => stage.PrimaryAsync(DoctorStage.Status(503))
            ),
            ["server is this node"] = new(
                "http",
                "leads back to a node",
                "--primary-address",
                static stage => stage.PrimaryAsync(DoctorStage.Status(508))
            ),
            ["server breaks off"] = new(
                "http",
                "no answer",
                "takes requests at all",
                static stage =>
                    stage.PrimaryAsync(static context =>
                    {
                        ScriptedPrimary.Reset(context);
                        return Task.CompletedTask;
                    })
            ),
            ["server sends clients past the node"] = new(
                "http",
                "sends clients to https://127.0.0.1:1",
                "past the node",
                static stage =>
                    stage.PrimaryAsync(
                        static context =>
                            context.Request.Path == "/"
                                ? DoctorStage.Status(302, "https://127.0.0.1:1/login")(context)
                                : DoctorStage.Serve(context),
                        isTls: false
                    )
            )
            {
                State = FindingState.Warning,
            },
            ["a proxy is away"] = new(
                "tcp",
                "no connection to the proxy",
                "Primaries:0:Proxy:Url",
                static async stage =>
                {
                    await stage.PrimaryAsync();
                    stage.Settings["Primaries:0:Proxy:Url"] = $"http://127.0.0.1:{FreePort.Find()}";
                }
            ),
            ["a proxy demands a login"] = new(
                "http",
                "demands a login (407)",
                ":PasswordFile",
                static async stage =>
                {
                    await stage.PrimaryAsync();
                    stage.Settings["Primaries:0:Proxy:Url"] = stage.Keep(new ForwardProxy("node:" + DoctorStage.Secret)).Url.AbsoluteUri;
                }
            ),
            ["dumb http"] = new(
                "git",
                "dumb HTTP server",
                "git http-backend",
                static stage => stage.PrimaryAsync(DoctorStage.Refs(200, "text/plain", Refs))
            ),
            ["a login page"] = new(
                "git",
                "a web page answers",
                "single sign-on",
                static stage => stage.PrimaryAsync(DoctorStage.Refs(200, "text/html", Html))
            ),
            ["a redirect to a login page"] = new(
                "git",
                "is sent to https://login.example.test/",
                "401 instead of a redirect",
                static stage => stage.PrimaryAsync(DoctorStage.Refs(302, field: "Location", value: "https://login.example.test/"))
            ),
            ["another service"] = new(
                "git",
                "is not one of a Git service",
                "the Git service itself",
                static stage => stage.PrimaryAsync(DoctorStage.Refs(200, "application/json", "{}"))
            ),
            ["no such repository"] = new(
                "git",
                "answers 404 to team/tool.git",
                "correct the path",
                static stage => stage.PrimaryAsync(DoctorStage.Refs(404))
            ),
            ["logins of a connection only"] = new(
                "git",
                "asks for a login by Negotiate, NTLM only",
                "Basic or Bearer",
                static stage => stage.PrimaryAsync(DoctorStage.Refs(401, field: "WWW-Authenticate", value: "Negotiate, NTLM"))
            )
            {
                State = FindingState.Warning,
            },
            ["no word without a login"] = new(
                "git",
                "answers 403",
                "no credential at once",
                static stage => stage.PrimaryAsync(DoctorStage.Refs(403))
            )
            {
                State = FindingState.Warning,
            },
            ["credential is refused"] = Credential("refuses the password of node (401)", "valid password", 401),
            ["credential may not read"] = Credential("refuses it (403)", "right to read", 403),
            ["credential sees no repository"] = Credential("shows no team/tool.git (404)", "right to read", 404),
            ["credential is empty"] = new(
                "credential",
                "is empty",
                "write the password",
                static stage =>
                {
                    stage.Settings["Primaries:0:Service:PasswordFile"] = stage.Write("password", "\n");
                    return stage.PrimaryAsync();
                }
            ),
            ["credential is open to others"] = new(
                "credential",
                "can be read by other accounts",
                "chmod 600",
                static stage =>
                {
                    stage.Settings["Primaries:0:Service:Username"] = "node";
                    stage.Settings["Primaries:0:Service:PasswordFile"] = stage.Write("password", DoctorStage.Secret);
                    File.SetUnixFileMode(stage.Folder["password"], (UnixFileMode)0b110_100_100);
                    return stage.PrimaryAsync();
                }
            )
            {
                State = FindingState.Warning,
            },
            ["clock is far ahead"] = new(
                "clock",
                "ahead of the primary's",
                "NTP",
                static stage => stage.PrimaryAsync(DoctorStage.Clock(TimeSpan.FromMinutes(-10)))
            ),
            ["clock is behind"] = new(
                "clock",
                "behind the primary's",
                "NTP",
                static stage => stage.PrimaryAsync(DoctorStage.Clock(TimeSpan.FromSeconds(30)))
            )
            {
                State = FindingState.Warning,
            },
        };

    private static Fault Credential(string seen, string remedy, int status) =>
        new(
            "credential",
            seen,
            remedy,
            stage =>
            {
                stage.Settings["Primaries:0:Service:Username"] = "node";
                stage.Settings["Primaries:0:Service:PasswordFile"] = stage.Write("password", DoctorStage.Secret);
                return stage.PrimaryAsync(context =>
                    context.Request.Headers.Authorization.Count > 0 ? DoctorStage.Refs(status)(context) : DoctorStage.Serve(context)
                );
            }
        );

    /// <summary>A port at which no connection is ever completed.</summary>
    private sealed class Silent : IAsyncDisposable
    {
        private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        private readonly List<Socket> _waiting = [];

        public Silent()
        {
            _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            _listener.Listen(0);
        }

        public int Port => ((IPEndPoint)_listener.LocalEndPoint!).Port;

        public async Task FillAsync()
        {
            using var late = new CancellationTokenSource(TimeSpan.FromSeconds(30));
            while (true)
            {
                var one = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                _waiting.Add(one);
                Task connected = one.ConnectAsync(IPAddress.Loopback, Port, late.Token).AsTask();
                // The first that is not taken at once finds the queue full; all that come later do too.
                if (await Task.WhenAny(connected, Task.Delay(TimeSpan.FromMilliseconds(500), late.Token)) != connected)
                {
                    _ = connected.ContinueWith(static ended => ended.Exception, TaskScheduler.Default);
                    return;
                }
            }
        }

        public ValueTask DisposeAsync()
        {
            _waiting.ForEach(static one => one.Dispose());
            _listener.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
