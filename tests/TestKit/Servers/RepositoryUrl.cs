namespace Waystation.TestKit.Servers;

/// <summary>The URL of a repository through one door or another.</summary>
public static class RepositoryUrl
{
    /// <summary>The repository's URL below a server's, with the credential of a user when one is named.</summary>
    public static Uri To(this Uri server, PrimaryRepository repository, string? user = null)
    {
        var url = new UriBuilder(new Uri(server, string.Join('/', repository.Name.Split('/').Select(Uri.EscapeDataString))));
        if (user is not null)
        {
            url.UserName = user;
            url.Password = user + ApachePrimary.PasswordSuffix;
        }

        return url.Uri;
    }
}
