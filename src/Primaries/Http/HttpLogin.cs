using System.Text;

namespace Waystation.Primaries.Http;

/// <summary>A user name and a password or token, held for one session.</summary>
/// <param name="Username">The name.</param>
/// <param name="Password">The secret.</param>
public sealed record HttpLogin(string Username, string Password)
{
    /// <summary>The value of <c>Authorization</c> (RFC 7617).</summary>
    public string Authorization => "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"{Username}:{Password}"));

    /// <summary>No secret.</summary>
    public override string ToString() => Username;
}
