using System.Net;
using Waystation.CacheStore;
using Waystation.CacheStore.Mirrors;
using Waystation.CacheStore.Packs;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Work;
using Waystation.Primaries;

namespace Waystation.Proxy.Settings;

/// <summary>The one place that knows the name, default and range of every setting.</summary>
internal static class SettingsReader
{
    /// <summary>To ignore one of these would give one user's answers to another.</summary>
    private static readonly HashSet<string> s_logins = new(StringComparer.OrdinalIgnoreCase) { "Authorization", "Cookie", "Host" };

    private const string UrlAccepted = "an http:// or https:// URL without a path, such as https://git.example.com";
    private const string HeaderAccepted =
        "names of request headers that do not say who asks, such as X-Trace; not Authorization, Cookie or Host";

    /// <summary>
    /// A Kerberos token is 65,535 bytes at most where Windows issues it (MaxTokenSize), 87,384 in base64; the rest is for cookies and
    /// what balancers add.
    /// </summary>
    private const int StandardMaxHeaders = 128 * 1024;

    private const string AddressAccepted = "host:port or host, such as 10.0.0.5:443";

    /// <summary>Below two seconds the server's own clock, of one second, is too coarse.</summary>
    private static readonly TimeSpan s_leastTimeout = TimeSpan.FromSeconds(2);

    /// <exception cref="SettingsException">Anything is wrong; it names all that is.</exception>
    public static NodeSettings Read(IConfiguration configuration)
    {
        var source = new SettingsSource(configuration);
        TimeSpan syncWait = source.Duration("Mirrors:SyncWait", TimeSpan.FromSeconds(10), TimeSpan.FromMinutes(10));
        var settings = new NodeSettings
        {
            Primaries = Primaries(source),
            Data = source.Text("Data") ?? "",
            Listen = source.List<ListenAddress>("Listen", ListenAddress.Accepted, ListenAddress.TryParse!),
            Admin = source.Read(
                "Admin:Listen",
                new ListenAddress(new IPEndPoint(IPAddress.Loopback, 8081), IsTls: false),
                ListenAddress.Accepted,
                TryParsePlain
            ),
            AdminTokenFile = source.ExistingFile("Admin:TokenFile"),
            Tls = Tls(source),
            PackCache = new PackCacheOptions
            {
                MaxSize = source.Size("PackCache:MaxSize", 64L << 30),
                DiskReserve = source.Size("Disk:Reserve", 1L << 30),
            },
            Mirrors = Mirrors(source, syncWait),
            SyncWait = syncWait,
            TicketLifetime = source.Duration("Access:TicketLifetime", TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(10)),
            IgnoredHeaders = source.List<string>("Access:IgnoredHeaders", HeaderAccepted, TryParseHeader),
            MaxHeaders = source.Read("Access:MaxHeaders", StandardMaxHeaders, "a size from 16KiB to 512KiB", TryParseHeadersSize),
            VetEvery = source.Duration("Vet:Every", TimeSpan.FromMinutes(3), TimeSpan.FromDays(1)),
            Work = Work(source),
            NotifyUrl = source.Read<Uri?>("Notify:Url", null, "an http:// or https:// URL", TryParseAnyUrl),
            NotifySecretFile = source.ExistingFile("Notify:SecretFile"),
            HooksSecretFile = source.ExistingFile("Hooks:SecretFile"),
            Ssh = SshSettingsReader.Read(source),
            ServeFor = source.Duration("Outage:ServeFor", TimeSpan.FromMinutes(10), TimeSpan.FromDays(1)),
            Clients = Clients(source),
            RequestMemory = source.Size("Requests:MaxMemory", 192L << 20),
            VerboseLog = source.Read("Log:Verbose", false, "true or false", bool.TryParse),
        };

        CheckTogether(source, settings);
        SshSettingsReader.CheckTogether(source, settings);
        source.ThrowIfWrong();
        return settings with
        {
            Listen =
                settings.Listen.Count > 0 ? settings.Listen : [new ListenAddress(new IPEndPoint(IPAddress.Loopback, 8080), IsTls: false)],
        };
    }

    private static void CheckTogether(SettingsSource source, NodeSettings settings)
    {
        if (settings.Data.Length == 0)
        {
            source.Add("Data", null, "give --data with the folder that the node keeps its cache in");
        }

        if (settings.Listen.Any(static address => address.IsTls) && settings.Tls is null)
        {
            source.Add("Tls:Certificate", null, "an https:// address in Listen needs Tls:Certificate and Tls:Key, PEM files");
        }

        if (!settings.Admin.IsLoopback && settings.AdminTokenFile is null)
        {
            source.Add("Admin:TokenFile", null, "an admin address that is not loopback demands a file with a token");
        }

        foreach (
            IGrouping<string, PrimarySettings> same in settings
                .Primaries.GroupBy(static primary => primary.Url.Host, StringComparer.OrdinalIgnoreCase)
                .Where(static same => same.Count() > 1)
        )
        {
            source.Add("Primaries", same.Key, "each host name once: primaries are told apart by it");
        }
    }

    private static List<PrimarySettings> Primaries(SettingsSource source)
    {
        List<PrimarySettings> primaries = [];
        foreach (string name in source.Children("Primaries"))
        {
            if (source.Text($"{name}:Url") is null)
            {
                source.Add($"{name}:Url", null, $"give --primary with {UrlAccepted}");
            }

            Uri? url = source.Read<Uri?>($"{name}:Url", null, UrlAccepted, TryParseUrl);
            DnsEndPoint? address = source.Read<DnsEndPoint?>(
                $"{name}:Address",
                null,
                AddressAccepted,
                (string text, out DnsEndPoint? value) => TryParseAddress(text, url, out value)
            );
            var primary = new PrimarySettings
            {
                Url = url ?? new Uri("http://unset.invalid/"),
                Service = Service(source, name),
                Address = address,
                Ssh = SshSettingsReader.Target(source, name, address),
                SshPathPrefix = source.Read($"{name}:SshPathPrefix", "", "the beginning of a path, such as /srv/git", TryParseSshPrefix),
                Kind = source.Read(
                    $"{name}:Kind",
                    PrimaryKind.Generic,
                    "generic, github, gitlab, gitea, bitbucket, azure or gerrit",
                    TryParseName
                ),
                Visibility = source.Read($"{name}:Visibility", VisibilityRule.Advertised, "advertised or repository", TryParseName),
                DecidesByAddress = source.Read($"{name}:DecidesByAddress", AddressRule.Anonymous, "anonymous, all or none", TryParseName),
                MaxRequests = source.Count($"{name}:MaxRequests", 0, 0, 100_000),
                ReconnectEvery = source.Duration(
                    $"{name}:ReconnectEvery",
                    TimeSpan.FromMinutes(2),
                    TimeSpan.FromSeconds(1),
                    TimeSpan.FromDays(1)
                ),
                AnswerWithin = source.Duration(
                    $"{name}:AnswerWithin",
                    TimeSpan.FromSeconds(30),
                    TimeSpan.FromSeconds(1),
                    TimeSpan.FromMinutes(10)
                ),
                Include = source.List<string>($"{name}:Projects:Include", "a glob such as team/*", TryParseGlob),
                Exclude = source.List<string>($"{name}:Projects:Exclude", "a glob such as team/*", TryParseGlob),
            };
            primaries.Add(primary);
        }

        if (primaries.Count == 0)
        {
            source.Add("Primaries:0:Url", null, $"give --primary with {UrlAccepted}");
        }

        return primaries;
    }

    private static ServiceCredential? Service(SettingsSource source, string primary)
    {
        string? username = source.Text($"{primary}:Service:Username");
        string? password = source.ExistingFile($"{primary}:Service:PasswordFile");
        if (username is not null && password is null)
        {
            source.Add($"{primary}:Service:PasswordFile", null, "a file with the password or token of Service:Username");
        }

        string? key = source.ExistingFile($"{primary}:Service:SshKeyFile");
        if (key is not null && password is null && source.Text($"{primary}:SshUrl") is null)
        {
            source.Add($"{primary}:SshUrl", null, "a key in Service:SshKeyFile is for the primary's SSH: say where that is");
        }

        return password is null && key is null
            ? null
            : new ServiceCredential(username, password, key is null ? null : Path.GetFullPath(key));
    }

    private static ClientLimits Clients(SettingsSource source)
    {
        var standard = new ClientLimits();
        int perAddress = source.Count("Clients:MaxConnectionsPerAddress", standard.MaxConnectionsPerAddress, 0, 1_000_000);
        return new ClientLimits
        {
            Backlog = source.Count("Clients:Backlog", standard.Backlog, 1, 65_535),
            MaxConnections = source.Count("Clients:MaxConnections", standard.MaxConnections, 1, 1_000_000),
            MaxConnectionsPerAddress = perAddress == 0 ? int.MaxValue : perAddress,
            HeadTimeout = source.Duration("Clients:HeadTimeout", standard.HeadTimeout, s_leastTimeout, TimeSpan.FromMinutes(10)),
            StallTimeout = source.Duration("Clients:StallTimeout", standard.StallTimeout, s_leastTimeout, TimeSpan.FromHours(1)),
            MinRate = source.Size("Clients:MinRate", standard.MinRate),
        };
    }

    private static WorkBounds Work(SettingsSource source)
    {
        var standard = new WorkBounds();
        return new WorkBounds
        {
            Small = source.Count("Work:Small", standard.Small, 1, 1_024),
            Large = source.Count("Work:Large", standard.Large, 1, 1_024),
            PerPrimary = source.Count("Work:PerPrimary", standard.PerPrimary, 1, 1_024),
        };
    }

    private static MirrorOptions Mirrors(SettingsSource source, TimeSpan syncWait)
    {
        var standard = new MirrorOptions();
        return new MirrorOptions
        {
            MaxSize = source.Size("Mirrors:MaxSize", standard.MaxSize),
            MaxPushes = source.Size("Mirrors:MaxPushes", standard.MaxPushes),
            DiskReserve = source.Size("Disk:Reserve", standard.DiskReserve),
            OrphanGrace = source.Duration("Mirrors:OrphanGrace", standard.OrphanGrace, TimeSpan.FromDays(365)),
            MaxPacks = source.Count("Mirrors:MaxPacks", standard.MaxPacks, 1, 1_024),
            MaxPacksPerRepository = source.Count("Mirrors:MaxPacksPerRepository", standard.MaxPacksPerRepository, 1, 1_024),
            MaxLookups = source.Count("Mirrors:MaxLookups", standard.MaxLookups, 1, 1_024),
            LookupWait = syncWait,
            MaxWaiting = source.Count("Mirrors:MaxWaiting", standard.MaxWaiting, 0, 1_000_000),
        };
    }

    private static TlsFiles? Tls(SettingsSource source)
    {
        string? certificate = source.ExistingFile("Tls:Certificate");
        string? key = source.ExistingFile("Tls:Key");
        if (certificate is null || key is null)
        {
            if (certificate is not null)
            {
                source.Add("Tls:Key", null, "Tls:Certificate and Tls:Key go together");
            }

            return null;
        }

        try
        {
            using var loaded = System.Security.Cryptography.X509Certificates.X509Certificate2.CreateFromPemFile(certificate, key);
        }
        catch (Exception e)
            when (e
                    is System.Security.Cryptography.CryptographicException
                        or IOException
                        or UnauthorizedAccessException
                        or ArgumentException
            )
        {
            source.Add("Tls:Certificate", certificate, $"a PEM certificate that goes with the PEM key in Tls:Key ({e.Message})");
        }

        return new TlsFiles(certificate, key);
    }

    private static bool TryParseHeader(string text, out string value) =>
        (value = text).All(static c => char.IsAsciiLetterOrDigit(c) || "!#$%&'*+-.^_`|~".Contains(c, StringComparison.Ordinal))
        && text.Length > 0
        && !s_logins.Contains(text);

    /// <summary>The server holds no more than 1 MiB of a request that it has not read yet.</summary>
    private static bool TryParseHeadersSize(string text, out int value)
    {
        bool isIn = ByteSize.TryParse(text, out long bytes) && bytes is >= 16 * 1024 and <= 512 * 1024;
        value = isIn ? (int)bytes : 0;
        return isIn;
    }

    private static bool TryParsePlain(string text, out ListenAddress value) => ListenAddress.TryParse(text, out value!) && !value.IsTls;

    private static bool TryParseGlob(string text, out string value) => RepositoryPath.IsWellFormedOverSsh(value = text);

    private static bool TryParseSshPrefix(string text, out string value) =>
        RepositoryPath.IsWellFormedOverSsh(value = text) && text[0] != '-';

    private static bool TryParseName<T>(string text, out T value)
        where T : struct, Enum =>
        Enum.TryParse(text, ignoreCase: true, out value) && string.Equals(value.ToString(), text, StringComparison.OrdinalIgnoreCase);

    private static bool TryParseUrl(string text, out Uri? value) =>
        Uri.TryCreate(text, UriKind.Absolute, out value)
        && (value.Scheme == Uri.UriSchemeHttp || value.Scheme == Uri.UriSchemeHttps)
        && value is { PathAndQuery: "/", Fragment: "", UserInfo: "" }
        && value.Host.Length > 0;

    private static bool TryParseAnyUrl(string text, out Uri? value) =>
        Uri.TryCreate(text, UriKind.Absolute, out value)
        && (value.Scheme == Uri.UriSchemeHttp || value.Scheme == Uri.UriSchemeHttps)
        && value.UserInfo.Length == 0;

    private static bool TryParseAddress(string text, Uri? url, out DnsEndPoint? value)
    {
        value = null;
        if (
            text.Contains('/', StringComparison.Ordinal)
            || !Uri.TryCreate($"tcp://{text}", UriKind.Absolute, out Uri? uri)
            || uri.Host.Length == 0
        )
        {
            return false;
        }

        value = new DnsEndPoint(uri.IdnHost.Trim('[', ']'), uri.Port > 0 ? uri.Port : url?.Port ?? 443);
        return true;
    }
}
