using Waystation.FetchCore.Primaries.Errors;
using Waystation.Primaries.Http;

namespace Waystation.Primaries;

/// <summary>The service credential as an HTTP login.</summary>
internal static class ServiceLogin
{
    /// <summary>The value of <c>Authorization</c>. The file is read at each use, so the password may be exchanged while the node
    /// runs.</summary>
    /// <exception cref="PrimaryException">The file cannot be read.</exception>
    public static string HeaderOf(ServiceOptions service)
    {
        string secret;
        try
        {
            secret = File.ReadAllText(service.PasswordFile!).TrimEnd('\r', '\n');
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new PrimaryException($"the service credential cannot be read: {e.Message}", e);
        }

        return service.Username is not null ? new HttpLogin(service.Username, secret).Authorization : "Bearer " + secret;
    }
}
