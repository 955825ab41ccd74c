using System.Net;
using Waystation.CacheStore.Disk;
using Waystation.Primaries;
using Waystation.Primaries.Certificates;
using Waystation.Primaries.Http.Trust;
using Waystation.Proxy.Admin.Pages;
using Waystation.Proxy.Doctor.Checks;
using Waystation.Proxy.Doctor.Looks;
using Waystation.Proxy.Doctor.Reporting;
using Waystation.Proxy.Hosting;
using Waystation.Proxy.Options;

namespace Waystation.Proxy.Doctor;

/// <summary>The checks for some settings, each behind those that it needs.</summary>
/// <param name="question">What to look at.</param>
internal sealed class CheckPlan(DoctorQuestion question) : IDisposable
{
    private readonly List<Check> _checks = [];
    private readonly List<GitServer> _servers = [];

    /// <summary>The checks.</summary>
    public IReadOnlyList<Check> Checks => _checks;

    private NodeOptions Options => question.Options;

    /// <summary>All checks of a primary, over HTTP and SSH.</summary>
    /// <param name="primary">How it is asked.</param>
    /// <param name="settings">The beginning of the names of its settings.</param>
    /// <param name="node">What the running node says; null if none runs.</param>
    public void AddPrimary(PrimaryOptions primary, string settings, NodeSelf? node)
    {
        if (primary.Tls.OwnCertificate is { } own)
        {
            Add(new OwnCertificateCheck(own, $"{settings}:Tls:Certificate", []));
            if (own.Trouble() is not null)
            {
                // The node could not ask this primary either.
                return;
            }
        }

        GitServer server = Add(new GitServer(primary, settings, ServerRole.Primary));
        HttpCheck http = AddWay(server);
        Add(new ClockCheck(server, http));
        string? repository = question.Repository ?? MirrorOf(primary, node);
        GitServiceCheck git = Add(new GitServiceCheck(server, repository, question.Repository is not null, http));
        if (primary.Service.PasswordFile is not null)
        {
            Add(new CredentialCheck(server, repository, git, http));
        }

        if (primary.Ssh is { } target)
        {
            var to = new DnsEndPoint(target.ConnectHost ?? target.Host, target.ConnectPort ?? target.Port);
            string remedy = $"correct {settings}:SshUrl or :Address, or let this machine through to that port";
            SshCheck ssh = Add(new SshCheck($"ssh://{target.Host}:{target.Port}", to, remedy));
            if (target.KnownHostsFile.Length > 0)
            {
                Add(new HostKeyCheck(server, repository, node, ssh));
            }
        }
    }

    /// <summary>All that concerns the node of this machine.</summary>
    /// <param name="node">What the running node says; null if none runs.</param>
    /// <param name="isAnswered">Whether a server answers at the admin address, so that the ports may be taken rightly.</param>
    public void AddNode(NodeSelf? node, bool isAnswered)
    {
        Add(new LoopCheck(Options, [.. _servers], node));
        AddCertificates();
        if (node is not null)
        {
            AddOwnAddresses();
        }
        else if (!isAnswered)
        {
            AddPorts();
        }

        Check data = Add(new DataFolderCheck(Path.GetFullPath(Options.Data), Environment.IsPrivilegedProcess));
        Add(new DiskCheck(Path.GetFullPath(Options.Data), Options.Disk.Reserve, data));
        Add(ProgramCheck.Git());
        if (Options.Primaries.Any(static primary => primary.Ssh is not null))
        {
            Add(ProgramCheck.Ssh());
        }

        if (Options.Ssh.IsOn)
        {
            bool isRedirected = Options.Primaries.Any(static primary => primary is { Ssh: not null, Address: not null });
            Add(new SshdCheck(SshServices.Relay, Options.Ssh.HostKeys, isRedirected));
        }

        if (Options.Farm.IsOn)
        {
            RedisCheck redis = Add(new RedisCheck(Options.Farm));
            Add(new PeersCheck(Options.Farm, redis));
        }

        Add(new WebhookCheck(Options.Hooks.SecretFile is not null, node));
        Add(new OpenFilesCheck(node));
    }

    /// <summary>A node elsewhere, as its clients see it.</summary>
    public void AddRemoteNode(Uri url, PrimaryTlsOptions tls)
    {
        GitServer server = Add(new GitServer(new PrimaryOptions { Url = url, Tls = tls }, "--node", ServerRole.Node));
        HttpCheck http = AddWay(server);
        Add(new GitServiceCheck(server, question.Repository, question.Repository is not null, http));
    }

    /// <summary>The SSH address of a node elsewhere.</summary>
    public void AddRemoteSsh(DnsEndPoint address) =>
        Add(
            new SshCheck(
                $"node ssh://{address.Host}:{address.Port}",
                address,
                "start the node with Ssh:Listen, or let this machine through to it"
            )
        );

    public void Dispose() => _servers.ForEach(static server => server.Dispose());

    /// <summary>From the name to an answer over HTTP.</summary>
    private HttpCheck AddWay(GitServer server)
    {
        Check name = Add(new NameCheck(server, Dns.GetHostAddressesAsync));
        Check tcp = Add(new TcpCheck(server, name));
        Check scheme = Add(new SchemeCheck(server, tcp));
        Check tls = Add(new TlsCheck(server, scheme));
        return Add(new HttpCheck(server, scheme, tls));
    }

    private void AddCertificates()
    {
        string[] names = [.. Options.Primaries.Select(static primary => primary.Url.IdnHost.Trim('[', ']'))];
        IReadOnlyList<CertificateFiles> all = Options.Tls.AllFiles;
        for (int i = 0; i < all.Count; i++)
        {
            string setting = i == 0 && Options.Tls.Certificate is not null ? "Tls:Certificate" : "Tls:Certificates";
            // Each of several certificates may be for some of the names.
            Add(new OwnCertificateCheck(all[i], setting, all.Count == 1 ? names : []));
        }
    }

    private void AddPorts()
    {
        foreach ((string setting, IPEndPoint address) in Addresses().Where(static one => one.Address.Port != 0))
        {
            Add(new PortCheck(setting, address, PortCheck.Bind));
        }
    }

    private IEnumerable<(string Setting, IPEndPoint Address)> Addresses() =>
        Options
            .Listen.Select(static one => ("Listen", one.EndPoint))
            .Concat(Options.Tls.RedirectFrom.Select(static one => ("Tls:RedirectFrom", one.EndPoint)))
            .Append(("Admin:Listen", Options.Admin.Listen.EndPoint))
            .Concat(Options.Ssh.Listen is { } ssh ? [("Ssh:Listen", ssh)] : []);

    /// <summary>The running node's addresses, asked as a client asks: by the primary's name.</summary>
    private void AddOwnAddresses()
    {
        PrimaryOptions primary = Options.Primaries[0];
        foreach (ListenAddress address in Options.Listen.Where(static one => one.EndPoint.Port != 0))
        {
            IPEndPoint at = Reachable(address.EndPoint);
            var options = new PrimaryOptions
            {
                Url = new UriBuilder(address.IsTls ? Uri.UriSchemeHttps : Uri.UriSchemeHttp, primary.Url.Host, at.Port).Uri,
                Address = new DnsEndPoint(at.Address.ToString(), at.Port),
                Tls = new PrimaryTlsOptions { CaFile = primary.Tls.CaFile },
            };
            GitServer server = Add(new GitServer(options, "Listen", ServerRole.OwnAddress));
            Check tcp = Add(new TcpCheck(server));
            Check scheme = Add(new SchemeCheck(server, tcp));
            Check tls = Add(new TlsCheck(server, scheme));
            Add(new HttpCheck(server, scheme, tls));
        }

        if (Options.Ssh.Listen is { Port: not 0 } ssh)
        {
            Add(new SshCheck($"node ssh://{Reachable(ssh)}", Reachable(ssh), "look at the node's log: its sshd does not run"));
        }
    }

    private static IPEndPoint Reachable(IPEndPoint listening) =>
        listening.Address.Equals(IPAddress.Any) || listening.Address.Equals(IPAddress.IPv6Any)
            ? new IPEndPoint(IPAddress.Loopback, listening.Port)
            : listening;

    /// <summary>A repository of which the node has a mirror, by its path; null if there is none.</summary>
    private static string? MirrorOf(PrimaryOptions primary, NodeSelf? node)
    {
        string host = primary.Url.Authority + "/";
        return node?.Repositories.FirstOrDefault(name => name.StartsWith(host, StringComparison.OrdinalIgnoreCase))?[host.Length..];
    }

    private T Add<T>(T check)
        where T : Check
    {
        _checks.Add(check);
        return check;
    }

    private GitServer Add(GitServer server)
    {
        _servers.Add(server);
        return server;
    }
}
