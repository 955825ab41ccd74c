namespace Waystation.TestKit.Servers;

/// <summary>The text of Apache's configuration file.</summary>
public static class ApacheConfiguration
{
    private static readonly string[] s_modules =
    [
        "mpm_prefork",
        "authn_core",
        "authn_file",
        "authz_core",
        "authz_user",
        "auth_basic",
        "alias",
        "cgi",
        "env",
        "headers",
        "mime",
        "dir",
        "setenvif",
    ];

    private static readonly string[] s_moduleFolders = ["/usr/lib/apache2/modules", "/usr/lib64/httpd/modules", "/usr/lib/httpd/modules"];

    /// <summary>Apache, by whichever name it is here.</summary>
    public static string Program { get; } =
        new[] { "/usr/sbin/apache2", "/usr/sbin/httpd", "/usr/local/bin/httpd" }.FirstOrDefault(File.Exists) ?? "apache2";

    /// <summary>The lines that load these modules.</summary>
    public static string Load(IEnumerable<string> modules)
    {
        string folder = s_moduleFolders.FirstOrDefault(Directory.Exists) ?? s_moduleFolders[0];
        return string.Join('\n', modules.Select(module => $"LoadModule {module}_module {folder}/mod_{module}.so"));
    }

    /// <summary>
    /// prefork with mod_cgi: each script is a child of the child that serves it, and its output goes out as it comes.
    /// </summary>
    /// <param name="folder">Of the server.</param>
    /// <param name="port">Where it listens.</param>
    /// <param name="repositories">Where the repositories lie.</param>
    /// <param name="execPath">Where <c>git http-backend</c> lies.</param>
    /// <param name="workers">So many requests at a time, each over a connection of its own; null for more than any test has.</param>
    internal static string Write(TempFolder folder, int port, string repositories, string execPath, int? workers)
    {
        string load = Load(s_modules);
        string user = Environment.IsPrivilegedProcess ? "User www-data\nGroup www-data" : "";
        return $$"""
            ServerName 127.0.0.1
            Listen 127.0.0.1:{{port}}
            PidFile {{folder["httpd.pid"]}}
            {{load}}
            {{user}}
            ErrorLog {{folder["error.log"]}}
            LogFormat "{{PrimaryRequest.Format}}" request
            CustomLog {{folder["access.log"]}} request
            TypesConfig /dev/null
            DocumentRoot {{folder["pages"]}}
            StartServers {{workers ?? 4}}
            MinSpareServers {{workers ?? 4}}
            MaxSpareServers 40
            ServerLimit {{workers ?? 300}}
            MaxRequestWorkers {{workers ?? 300}}
            KeepAlive {{(workers is null ? "On" : "Off")}}
            MaxKeepAliveRequests 0
            KeepAliveTimeout 20
            Timeout 120

            SetEnv GIT_PROJECT_ROOT {{repositories}}
            SetEnv GIT_HTTP_EXPORT_ALL 1
            PassEnv HOME GIT_CONFIG_NOSYSTEM GIT_CONFIG_GLOBAL
            ScriptAliasMatch "(?i)^/((public|private|old)/.*)$" {{execPath}}/git-http-backend/$1
            ScriptAliasMatch "^/((veiled|strict)/.*)$" {{folder["scripts"]}}/by-user/$1
            ScriptAliasMatch "^/((echo|drip|sink|answer)(/.*)?)$" {{folder["scripts"]}}/$1
            # As it stands in the files of thousands of servers: the repository has moved.
            RedirectMatch 301 "^/moved/(.*)$" "/public/$1"

            <Directory />
                Require all denied
                AllowOverride None
            </Directory>
            <Directory {{execPath}}>
                Options ExecCGI
                Require all granted
            </Directory>
            <Directory {{folder["scripts"]}}>
                Options ExecCGI
                Require all granted
            </Directory>
            <Directory {{folder["pages"]}}>
                AddType text/html .html
                Header set Set-Cookie "seen=yes; Path=/"
                Header set X-Primary "an ordinary header"
                Require all granted
            </Directory>

            # A user who is known but may not read gets 403, as of every forge that admits the repository's existence.
            <LocationMatch "(?i)^/+private/">
                AuthzSendForbiddenOnFailure On
                AuthType Basic
                AuthName "primary"
                AuthBasicProvider file
                AuthUserFile {{folder["htpasswd"]}}
                Require user alice bob
            </LocationMatch>
            <LocationMatch "^/(veiled|strict)/">
                AuthType Basic
                AuthName "primary"
                AuthBasicProvider file
                AuthUserFile {{folder["htpasswd"]}}
                Require user alice bob
            </LocationMatch>
            <LocationMatch "^/old/">
                RequestHeader unset Git-Protocol
            </LocationMatch>
            <If "%{QUERY_STRING} =~ /service=git-receive-pack/ || %{REQUEST_URI} =~ m#/git-receive-pack$#">
                AuthType Basic
                AuthName "primary"
                AuthBasicProvider file
                AuthUserFile {{folder["htpasswd"]}}
                Require user alice
            </If>

            """;
    }
}
