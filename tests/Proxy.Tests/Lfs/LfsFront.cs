using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Waystation.Proxy.Tests.Servers;
using Waystation.TestKit.Servers;

namespace Waystation.Proxy.Tests.Lfs;

/// <summary>A node, a scripted primary with LFS, and a scripted storage on another port.</summary>
public sealed class LfsFront() : Front("--Primaries:0:Clients:Deny", LfsFront.Denied)
{
    /// <summary>The address of a client that the operator refuses.</summary>
    public const string Denied = "127.0.0.30";

    public const string Alice = "Basic YWxpY2U6YQ==";
    public const string Bob = "Basic Ym9iOmI=";

    private const string Type = "application/vnd.git-lfs+json";

    private int _objects;

    public ScriptedPrimary Storage { get; private set; } = null!;

    public override async Task InitializeAsync()
    {
        await base.InitializeAsync();
        Storage = await ScriptedPrimary.StartAsync();
    }

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        await Storage.DisposeAsync();
    }

    /// <summary>The bytes and id of an object that no other test has.</summary>
    public (byte[] Bytes, string Oid) NewObject(int length = 1_000)
    {
        byte[] bytes = new byte[length];
        new Random(Interlocked.Increment(ref _objects)).NextBytes(bytes);
        return (bytes, Convert.ToHexStringLower(SHA256.HashData(bytes)));
    }

    /// <summary>The primary answers a batch request so, and all else by the second script.</summary>
    public void Script(Func<HttpContext, Task> batch, Func<HttpContext, Task>? other = null) =>
        Primary.Answer(context =>
            context.Request.Path.Value!.EndsWith("/objects/batch", StringComparison.Ordinal)
                ? batch(context)
                : (other ?? (static one => SayAsync(one, 404, "{}")))(context)
        );

    /// <summary>The primary permits an object, with these actions, to Alice alone.</summary>
    public void Permit(string oid, long size, string actions, string more = "", Func<HttpContext, Task>? other = null) =>
        Script(
            context =>
                context.Request.Headers.Authorization == Alice
                    ? SayAsync(context, 200, $$"""{"objects":[{"oid":"{{oid}}","size":{{size}}{{more}},"actions":{ {{actions}} } }]}""")
                    : SayAsync(context, 403, """{"message":"you may not"}"""),
            other
        );

    /// <summary>The primary permits an object, which lies in the storage, to Alice alone.</summary>
    public void PermitAtStorage(string oid, long size) =>
        Permit(
            oid,
            size,
            $$"""
            "download":{"href":"{{Storage.Url}}o"}
            """
        );

    /// <summary>The storage answers every request with these bytes.</summary>
    public void Store(byte[] bytes) => Storage.Answer(context => context.Response.Body.WriteAsync(bytes).AsTask());

    public static async Task SayAsync(HttpContext context, int status, string json)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = Type;
        await context.Response.WriteAsync(json);
    }

    public async Task<HttpResponseMessage> BatchAsync(
        string oid,
        long size,
        string authorization = Alice,
        string operation = "download",
        string repository = "/team/tool.git/info/lfs"
    )
    {
        var content = new ByteArrayContent(
            Encoding.UTF8.GetBytes(
                $$"""{"operation":"{{operation}}","transfers":["basic"],"objects":[{"oid":"{{oid}}","size":{{size}}}]}"""
            )
        );
        content.Headers.ContentType = new MediaTypeHeaderValue(Type);
        return await SendAsync(HttpMethod.Post, $"{repository}/objects/batch", content, ("Authorization", authorization), ("Accept", Type));
    }

    /// <summary>The URL of an action in the answer to a batch request.</summary>
    public async Task<Uri> UrlAsync(string oid, long size, string authorization = Alice, string action = "download")
    {
        using HttpResponseMessage answer = await BatchAsync(oid, size, authorization, action == "download" ? "download" : "upload");
        return await UrlOfAsync(answer, action);
    }

    public static async Task<Uri> UrlOfAsync(HttpResponseMessage answer, string action = "download") =>
        new((string)(await JsonOfAsync(answer))["objects"]![0]!["actions"]![action]!["href"]!);

    public static async Task<JsonNode> JsonOfAsync(HttpResponseMessage answer) => JsonNode.Parse(await answer.Content.ReadAsStringAsync())!;
}
