using System.Net;
using Waystation.TestKit.Servers;

namespace Waystation.Proxy.Tests.Servers;

/// <summary>A node with a scripted primary behind it; the tests of a class share one.</summary>
public class Front : IAsyncLifetime
{
    private readonly string[] _options;

    public Front()
        : this([]) { }

    protected Front(params string[] options) => _options = options;

    public ScriptedPrimary Primary { get; private set; } = null!;

    public WaystationNode Node { get; private set; } = null!;

    public HttpClient Client { get; } = NewClient();

    /// <summary>A client without opinions: no redirects, no cookies, no decoding; connections of its own.</summary>
    public static HttpClient NewClient(bool expectContinue = false)
    {
        var client = new HttpClient(
            new SocketsHttpHandler
            {
                AllowAutoRedirect = false,
                AutomaticDecompression = DecompressionMethods.None,
                UseCookies = false,
                UseProxy = false,
                ActivityHeadersPropagator = null,
            }
        )
        {
            Timeout = TimeSpan.FromSeconds(60),
        };
        client.DefaultRequestHeaders.ExpectContinue = expectContinue;
        return client;
    }

    /// <summary>The URL of a path at the node, to the letter.</summary>
    public Uri At(string target) =>
        new(
            Node.Url.GetLeftPart(UriPartial.Authority) + target,
            new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }
        );

    public Task<HttpResponseMessage> GetAsync(string target, params (string Name, string Value)[] headers) =>
        SendAsync(HttpMethod.Get, target, null, headers);

    /// <summary>Sends a request and returns when the head of the answer is there.</summary>
    public async Task<HttpResponseMessage> SendAsync(
        HttpMethod method,
        string target,
        HttpContent? content,
        params (string Name, string Value)[] headers
    )
    {
        using var request = new HttpRequestMessage(method, At(target)) { Content = content };
        foreach ((string name, string value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return await Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }

    public virtual async Task InitializeAsync()
    {
        Primary = await ScriptedPrimary.StartAsync();
        Node = await WaystationNode.StartAsync(Primary.Url, new NodeSettings { Options = _options });
    }

    public virtual async Task DisposeAsync()
    {
        Client.Dispose();
        await Node.DisposeAsync();
        await Primary.DisposeAsync();
    }
}
