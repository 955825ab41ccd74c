using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Waystation.Proxy.Admin.Pages;
using Waystation.Proxy.Doctor;
using Waystation.Proxy.Doctor.Reporting;
using Waystation.Proxy.Options;
using Waystation.Proxy.Options.Reading;
using Waystation.Proxy.Tests.Servers;
using Waystation.TestKit.Servers;

namespace Waystation.Proxy.Tests.Doctor;

/// <summary>A primary over https and the settings of a node in front of it, with nothing wrong. A test spoils one thing.</summary>
internal sealed class DoctorStage : IAsyncDisposable
{
    public const string Repository = "team/tool.git";
    public const string Secret = "a-secret-of-the-node";

    private const string Advertisement = "001e# service=git-upload-pack\n0000000eversion 2\n0000";

    private readonly List<IAsyncDisposable> _servers = [];
    private readonly CertificateAuthority _authority = new();

    public DoctorStage()
    {
        File.WriteAllText(Folder["ca.pem"], _authority.Pem);
        Directory.CreateDirectory(Folder["data"], UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Settings = new(StringComparer.Ordinal)
        {
            ["Primaries:0:Tls:CaFile"] = Folder["ca.pem"],
            ["Data"] = Folder["data"],
            ["Listen"] = $"http://127.0.0.1:{FreePort.Find()}",
            ["Admin:Listen"] = $"http://127.0.0.1:{FreePort.Find()}",
        };
    }

    public TempFolder Folder { get; } = new();

    public CertificateAuthority Authority => _authority;

    public Dictionary<string, string?> Settings { get; }

    /// <summary>The primary's name.</summary>
    public Uri Url => new(Settings["Primaries:0:Url"]!);

    /// <summary>Whether the repository is one that the operator has named.</summary>
    public bool IsNamed { get; set; } = true;

    /// <summary>Starts the primary.</summary>
    /// <param name="handler">Its answers; those of a healthy Git service if null.</param>
    /// <param name="certificate">Its certificate; a good one if null.</param>
    /// <param name="isTls">Whether it speaks https.</param>
    /// <param name="asksForCertificate">Whether it demands a certificate of its clients.</param>
    public async Task<ScriptedPrimary> PrimaryAsync(
        RequestDelegate? handler = null,
        X509Certificate2? certificate = null,
        bool isTls = true,
        bool asksForCertificate = false
    )
    {
        X509Certificate2? shown = isTls ? certificate ?? _authority.Issue(["127.0.0.1"], DateTimeOffset.UtcNow.AddDays(90)) : null;
        ScriptedPrimary primary = Keep(await ScriptedPrimary.StartAsync(handler ?? Serve, shown, asksForCertificate));
        Settings["Primaries:0:Url"] = $"{(isTls ? "https" : "http")}://127.0.0.1:{primary.Port}";
        return primary;
    }

    /// <summary>Starts what answers at the admin address: a node that says this of itself.</summary>
    public async Task NodeAsync(NodeSelf? self = null, RequestDelegate? handler = null)
    {
        ScriptedPrimary admin = Keep(
            await ScriptedPrimary.StartAsync(
                handler ?? (context => context.Response.WriteAsJsonAsync(self ?? Self(), JsonSerializerOptions.Web))
            )
        );
        Settings["Admin:Listen"] = $"http://{admin.Authority}";
        ScriptedPrimary door = Keep(
            await ScriptedPrimary.StartAsync(static context =>
            {
                context.Response.StatusCode = 404;
                return Task.CompletedTask;
            })
        );
        Settings["Listen"] = $"http://{door.Authority}";
    }

    public static NodeSelf Self() =>
        new("0.1.0", "waystation-0123456789abcdef", DateTimeOffset.UtcNow, DateTimeOffset.UtcNow, 65_536, 100, 10_000, [], []);

    /// <summary>Disposes a server at the end.</summary>
    public T Keep<T>(T server)
        where T : IAsyncDisposable
    {
        _servers.Add(server);
        return server;
    }

    /// <summary>Writes a file that only this account can read.</summary>
    public string Write(string name, string text)
    {
        File.WriteAllText(Folder[name], text);
        File.SetUnixFileMode(Folder[name], UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return Folder[name];
    }

    /// <summary>Writes a certificate of the node into the settings.</summary>
    public void OwnCertificate(X509Certificate2 certificate)
    {
        CertificateAuthority.Write(certificate, Folder["node.pem"], Folder["node.key"]);
        Settings["Tls:Certificate"] = Folder["node.pem"];
        Settings["Tls:Key"] = Folder["node.key"];
        Settings["Listen"] = Settings["Listen"]!.Replace("http://", "https://", StringComparison.Ordinal);
    }

    public async Task<Report> ExamineAsync()
    {
        (NodeOptions options, IReadOnlyList<string> problems) = OptionsReader.ReadAll(
            new ConfigurationBuilder().AddInMemoryCollection(Settings).Build()
        );
        return await NodeDoctor.ExamineAsync(
            new DoctorQuestion
            {
                Options = options,
                Problems = problems,
                IsOnNode = true,
                Repository = IsNamed ? Repository : null,
            },
            CancellationToken.None
        );
    }

    public async ValueTask DisposeAsync()
    {
        foreach (IAsyncDisposable server in _servers)
        {
            await server.DisposeAsync();
        }

        _authority.Dispose();
        Folder.Dispose();
    }

    /// <summary>A healthy Git service, whose only account is <c>node</c>.</summary>
    public static Task Serve(HttpContext context)
    {
        if (!context.Request.Path.Value!.EndsWith("/info/refs", StringComparison.Ordinal))
        {
            return context.Response.WriteAsync("a front page");
        }

        string login = "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"node:{Secret}"));
        string? sent = context.Request.Headers.Authorization;
        if (sent is not null && sent != login)
        {
            context.Response.StatusCode = 401;
            context.Response.Headers.WWWAuthenticate = "Basic realm=\"git\"";
            return Task.CompletedTask;
        }

        context.Response.ContentType = "application/x-git-upload-pack-advertisement";
        return context.Response.WriteAsync(Advertisement);
    }

    /// <summary>Answers the question for refs so, and everything else as a healthy server.</summary>
    public static RequestDelegate Refs(
        int status,
        string type = "text/plain",
        string body = "",
        string? field = null,
        string? value = null
    ) =>
        context =>
        {
            if (!context.Request.Path.Value!.EndsWith("/info/refs", StringComparison.Ordinal))
            {
                return Serve(context);
            }

            context.Response.StatusCode = status;
            context.Response.ContentType = type;
            if (field is not null)
            {
                context.Response.Headers[field] = value;
            }

            return context.Response.WriteAsync(body);
        };

    /// <summary>Answers everything with this status.</summary>
    public static RequestDelegate Status(int status, string? location = null) =>
        context =>
        {
            context.Response.StatusCode = status;
            context.Response.Headers.Location = location;
            return Task.CompletedTask;
        };

    /// <summary>Answers as a healthy server whose clock is so far off.</summary>
    public static RequestDelegate Clock(TimeSpan off) =>
        context =>
        {
            context.Response.Headers.Date = (DateTimeOffset.UtcNow + off).ToString("R", CultureInfo.InvariantCulture);
            return Serve(context);
        };
}
