using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Waystation.Primaries;
using Waystation.Primaries.Loops;

namespace Waystation.Proxy.Doctor.Looks;

/// <summary>
/// A Git server that the doctor asks as a node asks its primary, with the same addresses, proxies and judgement of certificates: a primary,
/// or an address of a node.
/// </summary>
internal sealed class GitServer : IDisposable
{
    private readonly Primary _primary;

    /// <param name="options">How it is asked.</param>
    /// <param name="settings">The beginning of the names of its settings, such as <c>Primaries:0</c>.</param>
    /// <param name="role">Whether it is a primary or a node.</param>
    public GitServer(PrimaryOptions options, string settings, ServerRole role)
    {
        (Options, Settings, Role) = (options, settings, role);
        _primary = new Primary(options, TimeProvider.System, NullLogger<Primary>.Instance);
        Name = options.Url.Authority;
        ConnectTo = options.ConnectTo ?? new DnsEndPoint(options.Url.IdnHost.Trim('[', ']'), options.Url.Port);
        Proxy = options.Route.GetProxy(options.Url);
        if (IsNode)
        {
            Name = $"node {options.Url.Scheme}://{(options.ConnectTo is null ? options.Url.Authority : ConnectText)}";
        }
    }

    public PrimaryOptions Options { get; }

    /// <summary>The beginning of the names of its settings.</summary>
    public string Settings { get; }

    public ServerRole Role { get; }

    /// <summary>Whether it is an address of a node.</summary>
    public bool IsNode => Role != ServerRole.Primary;

    /// <summary>Its name in lines.</summary>
    public string Name { get; }

    /// <summary>The name and port to which a connection goes, unless a proxy makes it.</summary>
    public DnsEndPoint ConnectTo { get; }

    /// <summary><see cref="ConnectTo"/> as a person writes it.</summary>
    public string ConnectText =>
        ConnectTo.Host.Contains(':', StringComparison.Ordinal)
            ? $"[{ConnectTo.Host}]:{ConnectTo.Port}"
            : $"{ConnectTo.Host}:{ConnectTo.Port}";

    /// <summary>The proxy on the way; null if there is none.</summary>
    public Uri? Proxy { get; }

    public bool IsTls => Options.Url.Scheme == Uri.UriSchemeHttps;

    /// <summary>The name that a server shows its certificate for.</summary>
    public string TlsName => Options.Url.IdnHost.Trim('[', ']');

    /// <summary>The path over HTTP of a repository of this server, as the operator calls it; null for none.</summary>
    public string? PathOf(string repository) => _primary.NameOfText(repository) is { } name ? _primary.HttpPathOf(name) : null;

    /// <summary>The path over SSH of a repository of this server, as the operator calls it; null for none.</summary>
    public string? SshPathOf(string repository) => _primary.NameOfText(repository) is { } name ? _primary.SshPathOf(name) : null;

    /// <summary>Asks with a connection of its own, which ends with the answer.</summary>
    /// <param name="target">Path and query.</param>
    /// <param name="headers">Fields beside those that every request has.</param>
    /// <param name="cancellationToken">Ends the request.</param>
    public async Task<HttpResponseMessage> GetAsync(
        string target,
        IReadOnlyList<(string Name, string Value)> headers,
        CancellationToken cancellationToken
    )
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, _primary.Http.UriOf(target));
        request.Headers.Host = _primary.Http.Authority;
        request.Headers.ConnectionClose = true;
        request.Headers.TryAddWithoutValidation("User-Agent", "git/waystation-doctor");
        request.Headers.TryAddWithoutValidation("Via", NodeMark.Via);
        foreach ((string name, string value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return await _primary.Http.Invoker.SendAsync(request, cancellationToken);
    }

    public void Dispose() => _primary.Dispose();
}
