using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Http;
using Waystation.Proxy.Doctor.Reporting;
using Waystation.Proxy.Hooks;
using Waystation.TestKit.Servers;

namespace Waystation.Proxy.Tests.Doctor;

/// <summary>What can be wrong with the node itself and its machine.</summary>
internal static class NodeFaults
{
    private static readonly DateTimeOffset s_now = DateTimeOffset.UtcNow;

    public static IReadOnlyDictionary<string, Fault> All { get; } =
        new Dictionary<string, Fault>(StringComparer.Ordinal)
        {
            ["wrong setting"] = new("settings", "Mirrors:SyncWait = \"soon\"", "serve --help", Set("Mirrors:SyncWait", "soon")),
            ["misspelt setting"] = new("settings", "there is no such setting", "serve --help", Set("Mirror:SyncWait", "00:00:10")),
            ["own certificate has expired"] = Own("expired at", "renew it", static a => a.Issue(["127.0.0.1"], s_now.AddDays(-1))),
            ["own certificate is not valid yet"] = Own(
                "is valid only from",
                "check the clock",
                static a => a.Issue(["127.0.0.1"], s_now.AddDays(9), s_now.AddDays(1))
            ),
            ["own certificate expires soon"] = Own(
                "expires at",
                "renew it",
                static a => a.Issue(["127.0.0.1"], s_now.AddDays(9), s_now.AddDays(-80))
            ) with
            {
                State = FindingState.Warning,
            },
            ["own certificate is for another name"] = Own(
                "is not for 127.0.0.1, but for other.example.test",
                "give a certificate with that name",
                static a => a.Issue(["other.example.test"], s_now.AddDays(90))
            ),
            ["own certificate has no issuer behind it"] = new(
                "certificate",
                "has no certificate of its issuer",
                "fullchain.pem",
                static stage =>
                {
                    using X509Certificate2 certificate = OfAnIntermediate();
                    stage.OwnCertificate(certificate);
                    return Task.CompletedTask;
                }
            ),
            ["own key is another one"] = new(
                "certificate",
                "Tls:Certificate",
                "that belong together",
                static stage =>
                {
                    using X509Certificate2 certificate = stage.Authority.Issue(["127.0.0.1"], s_now.AddDays(90));
                    stage.OwnCertificate(certificate);
                    using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
                    File.WriteAllText(stage.Folder["node.key"], other.ExportPkcs8PrivateKeyPem());
                    return Task.CompletedTask;
                }
            ),
            ["port is taken"] = new(
                "port",
                string.Create(CultureInfo.InvariantCulture, $"(process {Environment.ProcessId}) has this port"),
                "change Listen",
                static stage =>
                {
                    var taken = new TcpListener(IPAddress.Loopback, 0);
                    taken.Start();
                    stage.Keep(new Listening(taken));
                    stage.Settings["Listen"] = $"http://{taken.LocalEndpoint}";
                    return Task.CompletedTask;
                }
            ),
            ["address is not here"] = new(
                "port",
                "this machine has no such address",
                "every address",
                static stage =>
                {
                    stage.Settings["Listen"] = "http://192.0.2.7:8080";
                    stage.Settings["Tls:AllowPlain"] = "true";
                    return Task.CompletedTask;
                }
            ),
            ["primary is at an own address"] = new(
                "loop",
                "where this node itself listens",
                "the primary's own address",
                static async stage => stage.Settings["Listen"] = $"http://127.0.0.1:{(await stage.PrimaryAsync()).Port}"
            )
            {
                Beside = "port",
            },
            ["primary leads back by a balancer"] = new(
                "loop",
                "comes back to this node",
                "--primary-address",
                static async stage =>
                {
                    await stage.PrimaryAsync(static context =>
                        context.Request.Headers.Via.ToString().Contains(DoctorStage.Self().Mark, StringComparison.Ordinal)
                            ? DoctorStage.Status(508)(context)
                            : DoctorStage.Serve(context)
                    );
                    await stage.NodeAsync();
                }
            ),
            ["data folder is open to others"] = new(
                "data",
                "has mode 0755",
                "chmod 700",
                static stage =>
                {
                    File.SetUnixFileMode(stage.Folder["data"], (UnixFileMode)0b111_101_101);
                    return Task.CompletedTask;
                }
            ),
            ["data folder is a file"] = new(
                "data",
                "is a file",
                "name a folder",
                static stage => Set("Data", stage.Write("file", ""))(stage)
            ),
            ["data folder is of a newer version"] = new(
                "data",
                "has layout 99",
                "newer version",
                static stage => File.WriteAllTextAsync(Path.Combine(stage.Folder["data"], "layout"), "99\n")
            ),
            ["disk has no room"] = new("disk", "the node can store nothing", "lower Disk:Reserve", Set("Disk:Reserve", "4096TiB")),
            ["admin token is wrong"] = Node("the node refuses the admin token", "Admin:TokenFile", DoctorStage.Status(401)),
            ["admin address is another server"] = Node(
                "is not a node",
                "Admin:Listen",
                static context => context.Response.WriteAsync("{}")
            ),
            ["admin address is closed to this machine"] = Node("does not let this machine ask it", "Admin:Allow", DoctorStage.Status(403)),
            ["node answers https at an http address"] = new(
                "tcp",
                "no connection",
                "start the node",
                static async stage =>
                {
                    await stage.NodeAsync();
                    stage.Settings["Listen"] = $"http://127.0.0.1:{FreePort.Find()}";
                }
            ),
            ["webhooks have another secret"] = Hooks(
                "was not taken: refused",
                "Hooks:SecretFile",
                s_now,
                new HookSight("github", HookEndpoint.Taken, s_now.AddHours(-2)),
                new HookSight("github", HookEndpoint.Refused, s_now.AddHours(-1))
            ),
            ["webhooks do not come"] = Hooks("none has come since", "send a test", s_now.AddDays(3)) with { State = FindingState.Warning },
            ["webhooks come no more"] = Hooks(
                "the last one came from gitlab",
                "look for a firewall",
                s_now.AddDays(3),
                new HookSight("gitlab", HookEndpoint.Taken, s_now)
            ) with
            {
                State = FindingState.Warning,
            },
            ["few file handles"] = new(
                "files",
                "the node takes 341 client connections at most",
                "LimitNOFILE",
                static stage => stage.NodeAsync(DoctorStage.Self() with { OpenFilesLimit = 1024, MaxConnections = 341 })
            )
            {
                State = FindingState.Warning,
            },
            ["no file handles left"] = new(
                "files",
                "65000 of 65536",
                "LimitNOFILE",
                static stage => stage.NodeAsync(DoctorStage.Self() with { OpenFiles = 65_000 })
            ),
        };

    private static Func<DoctorStage, Task> Set(string name, string value) =>
        stage =>
        {
            stage.Settings[name] = value;
            return Task.CompletedTask;
        };

    private static Fault Own(string seen, string remedy, Func<CertificateAuthority, X509Certificate2> issue) =>
        new(
            "certificate",
            seen,
            remedy,
            stage =>
            {
                using X509Certificate2 certificate = issue(stage.Authority);
                stage.OwnCertificate(certificate);
                return Task.CompletedTask;
            }
        );

    private static Fault Node(string seen, string remedy, RequestDelegate handler) =>
        new(
            "node",
            seen,
            remedy,
            async stage =>
            {
                await stage.NodeAsync(handler: handler);
                // What is not known to be a node has these ports.
                stage.Settings["Listen"] = "http://127.0.0.1:0";
            }
        );

    private static Fault Hooks(string seen, string remedy, DateTimeOffset now, params HookSight[] hooks) =>
        new(
            "webhooks",
            seen,
            remedy,
            stage =>
            {
                stage.Settings["Hooks:SecretFile"] = stage.Write("hooks", DoctorStage.Secret);
                return stage.NodeAsync(DoctorStage.Self() with { Now = now, Started = s_now.AddDays(-1), Hooks = hooks });
            }
        );

    /// <summary>A certificate that says where its issuer's own certificate is, as those of public authorities do.</summary>
    private static X509Certificate2 OfAnIntermediate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var issuerKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var issuer = new CertificateRequest("CN=Test intermediate", issuerKey, HashAlgorithmName.SHA256);
        issuer.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));
        using X509Certificate2 own = issuer.CreateSelfSigned(s_now.AddDays(-2), s_now.AddDays(100));
        var request = new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(
            new X509AuthorityInformationAccessExtension(ocspUris: null, caIssuersUris: ["http://ca.example.test/issuer.der"])
        );
        using X509Certificate2 issued = request.Create(own, s_now.AddDays(-1), s_now.AddDays(90), RandomNumberGenerator.GetBytes(16));
        return issued.CopyWithPrivateKey(key);
    }

    private sealed class Listening(TcpListener listener) : IAsyncDisposable
    {
        public ValueTask DisposeAsync()
        {
            listener.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
