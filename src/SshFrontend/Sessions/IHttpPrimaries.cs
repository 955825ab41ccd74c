using Waystation.FetchCore.Access;
using Waystation.FetchCore.Primaries;

namespace Waystation.SshFrontend.Sessions;

/// <summary>The primary over HTTP, for users whose key stands for a login there. A front end for HTTP implements it.</summary>
public interface IHttpPrimaries
{
    /// <summary>The primary, asked in this user's name for one repository.</summary>
    /// <param name="login">Who asks.</param>
    /// <param name="path">The repository, as in a URL, without a leading slash.</param>
    IHttpRepository Open(HttpLogin login, string path);
}

/// <summary>A user name and a password or token, held for one session.</summary>
/// <param name="Username">The name.</param>
/// <param name="Password">The secret.</param>
public sealed record HttpLogin(string Username, string Password)
{
    /// <summary>No secret.</summary>
    public override string ToString() => Username;
}

/// <summary>One repository at the primary over HTTP, in one user's name (gitprotocol-http).</summary>
public interface IHttpRepository
{
    /// <summary>Who asks: the same as when this login comes in over HTTP.</summary>
    Credential Credential { get; }

    /// <summary>The primary, for one request of a client.</summary>
    /// <param name="gitProtocol">What the client's <c>GIT_PROTOCOL</c> says, such as <c>version=2</c>; null for none.</param>
    /// <param name="body">The body of its request.</param>
    IPrimary Asking(string? gitProtocol, ReadOnlyMemory<byte> body);

    /// <summary>The advertisement for a push, with HTTP's service line before it.</summary>
    Task<PrimaryReply> ReceivePackRefsAsync(CancellationToken cancellationToken);

    /// <summary>Sends a push, whose body streams.</summary>
    Task<PrimaryReply> ReceivePackAsync(Stream body, CancellationToken cancellationToken);

    /// <summary>Where LFS is, for a client that goes there with a login of its own.</summary>
    Uri LfsUrl { get; }

    /// <summary>One line about a reply that is no answer, for the person waiting.</summary>
    string Explain(PrimaryReply reply);
}
