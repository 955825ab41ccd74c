using System.CommandLine;
using System.Text.RegularExpressions;
using Waystation.CacheStore.Disk;
using Waystation.Proxy.Hosting;
using Waystation.Proxy.Settings;
using Waystation.SshFrontend.Sshd;

namespace Waystation.Proxy.Commands;

/// <summary><c>waystation serve</c>: options, environment and file become settings, and a node runs until it is told to stop.</summary>
internal static partial class ServeCommand
{
    private const string Text = """
        Starts a node in front of a primary Git server.

        Every setting can be given in three ways, the later overriding the earlier: in a JSON file (--config), in the
        environment (WAYSTATION__PackCache__MaxSize=64GiB) and as an option (--PackCache:MaxSize 64GiB).

          setting                          default                  accepted
          Primaries:0:Url (--primary)      must be given            http:// or https:// URL, the name that clients use
          Primaries:0:Address              the URL's own            host:port to connect to instead, for DNS redirection
          Primaries:0:Visibility           advertised               advertised, repository
          Primaries:0:DecidesByAddress     anonymous                anonymous, all, none: whose address the primary may decide by
          Primaries:0:MaxRequests          0                        reads at the primary at once; 0 is no limit
          Primaries:0:ReconnectEvery       00:02:00                 after this a connection is not used again, its name resolved anew
          Primaries:0:AnswerWithin         00:00:30                 after this long without a word from it the primary counts as down
          Primaries:0:Service:PasswordFile                          file with the node's own password or token at the primary
          Primaries:0:Service:SshKeyFile                            the node's own private key at the primary's SSH
          Primaries:0:Service:Username     bearer token             the user of that password
          Primaries:0:Projects:Include     all                      globs of repository paths, by semicolons
          Primaries:0:Projects:Exclude     none                     globs of repository paths, by semicolons
          Primaries:0:Kind                 generic                  generic, github, gitlab, gitea, bitbucket, azure, gerrit
          Primaries:0:SshUrl (--primary-ssh)                        ssh://USER@HOST[:PORT][/PREFIX], the primary's SSH
          Primaries:0:SshKnownHosts                                 known_hosts file with its host keys; a must with SshUrl
          Primaries:0:SshPathPrefix                                 what stands before paths over SSH, but not over HTTP
          Data (--data)                    must be given            folder of this node alone, mode 0700
          Listen (--listen)                http://127.0.0.1:8080    URLs with IP address, localhost or *; port 0 chooses one
          Tls:Certificate, Tls:Key                                  PEM files, for https:// addresses in Listen
          Ssh:Listen (--ssh-listen)        off                      IP address, localhost or * and a port; port 0 chooses one
          Ssh:HostKeys                     made at first start      private keys of this node, or the primary's own
          Ssh:Agent                        true without authority   true, false: a forwarded agent speaks for its user
          Ssh:MaxLoginsPerAddress          100                      logins under way at once from one address; 0 is no limit
          Ssh:KeyAuthority:File            none                     JSON list of keys and what they stand for at the primary
          Ssh:KeyAuthority:Command                                  instead: a program that is asked, by semicolons
          Ssh:KeyAuthority:Url                                      instead: an https:// address that is asked
          Ssh:TrustedUserCAKeys            none                     public keys whose certificates the authority is asked about
          Admin:Listen (--admin)           http://127.0.0.1:8081    URL for /healthz, /readyz, /metrics, /api/v1/
          Admin:TokenFile                                           file with a token; a must where Admin:Listen is not loopback
          Access:TicketLifetime            00:00:30                 how long the primary's word holds; 0 asks on every request
          Access:IgnoredHeaders            none                     request headers that do not say who asks, by semicolons
          Access:MaxHeaders                128KiB                   what the head of a request may take, credentials included
          Outage:ServeFor                  00:10:00                 how long it holds while the primary is down; 0 serves nobody then
          Requests:MaxMemory               192MiB                   what all requests hold in memory; larger ones are forwarded
          PackCache:MaxSize                64GiB                    what cached packs may take
          Mirrors:MaxSize                  256GiB                   what mirrors may take; 0 keeps none
          Mirrors:MaxPushes                4GiB                     what copies of pushes under way may take; 0 copies none
          Mirrors:SyncWait                 00:00:10                 how long an answer waits for its mirror, then it is forwarded
          Mirrors:OrphanGrace              1.00:00:00               how long objects stay that no ref leads to any more
          Mirrors:MaxPacks                 one a core               packs made here at once
          Mirrors:MaxPacksPerRepository    half of the cores        packs made here at once for one repository
          Mirrors:MaxLookups               two a core               look-ups in mirrors at once
          Mirrors:MaxWaiting               1000                     answers that wait for their turn; more get 429
          Vet:Every                        00:03:00                 how often mirrors in use are compared with the primary
          Work:Small, Work:Large           4, 2                     pieces of background work at once, of seconds and of minutes
          Work:PerPrimary                  5                        pieces of background work at once at one primary
          Hooks:SecretFile                 no webhooks              file with what signs the webhooks of the primary, a line each
          Notify:Url, Notify:SecretFile                             told of each mirror that was brought up to date, and what signs it
          Clients:MaxConnections           10000 or fewer           client connections; a third of the open files at most, by default
          Clients:MaxConnectionsPerAddress 1000                     client connections of one address; 0 is no bound
          Clients:Backlog                  4096                     connections that wait to be accepted
          Clients:HeadTimeout              00:00:20                 how long a client may take for the first request's head
          Clients:StallTimeout             00:01:00                 how long a client may take nothing of its answer
          Clients:MinRate                  1KiB                     what it takes a second at least, on average; 0 is no bound
          Disk:Reserve                     1GiB                     what stays free on the disk
          Log:Verbose                      false                    true, false

        When it accepts requests it prints one line on standard output: waystation ready listen=… admin=… ssh=….
        Logs go to standard error. SIGTERM lets open answers finish and exits with 0; wrong settings exit with 2.

        Example: waystation serve --primary https://git.example.com --data /var/lib/waystation --listen https://*:443 \
                   --Tls:Certificate /etc/waystation/cert.pem --Tls:Key /etc/waystation/key.pem
        """;

    public static Command Create()
    {
        var config = new Option<string?>("--config") { Description = "A JSON file with settings", HelpName = "FILE" };
        var primary = new Option<string?>("--primary") { Description = "The primary's URL, as clients name it", HelpName = "URL" };
        var address = new Option<string?>("--primary-address")
        {
            Description = "Where to connect instead of the primary's name",
            HelpName = "HOST:PORT",
        };
        var data = new Option<string?>("--data") { Description = "The folder of this node's cache", HelpName = "DIR" };
        var listen = new Option<string[]>("--listen") { Description = "An address for clients; may be given again", HelpName = "URL" };
        var primarySsh = new Option<string?>("--primary-ssh") { Description = "The primary's SSH", HelpName = "URL" };
        var sshListen = new Option<string?>("--ssh-listen") { Description = "An address for SSH clients", HelpName = "HOST:PORT" };
        var admin = new Option<string?>("--admin") { Description = "The address for the operator", HelpName = "URL" };
        var command = new Command("serve", Text) { config, primary, address, primarySsh, data, listen, sshListen, admin };
        command.TreatUnmatchedTokensAsErrors = false;
        command.SetAction(
            (result, cancellationToken) =>
            {
                var options = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
                void Set(string name, string? value)
                {
                    if (value is not null)
                    {
                        options[name] = value;
                    }
                }

                Set("Primaries:0:Url", result.GetValue(primary));
                Set("Primaries:0:Address", result.GetValue(address));
                Set("Primaries:0:SshUrl", result.GetValue(primarySsh));
                Set("Ssh:Listen", result.GetValue(sshListen));
                Set("Data", result.GetValue(data));
                Set("Admin:Listen", result.GetValue(admin));
                Set("Listen", result.GetValue(listen) is { Length: > 0 } many ? string.Join(';', many) : null);
                return RunAsync(result.GetValue(config), options, result.UnmatchedTokens, cancellationToken);
            }
        );
        return command;
    }

    private static async Task<int> RunAsync(
        string? configFile,
        Dictionary<string, string?> options,
        IReadOnlyList<string> further,
        CancellationToken cancellationToken
    )
    {
        try
        {
            AddFurther(options, further);
            var builder = new ConfigurationBuilder();
            if (configFile is not null)
            {
                builder.AddJsonFile(Path.GetFullPath(configFile), optional: false, reloadOnChange: true);
            }

            IConfigurationRoot configuration = builder.AddEnvironmentVariables("WAYSTATION__").AddInMemoryCollection(options).Build();
            await Node.RunAsync(SettingsReader.Read(configuration), configuration, cancellationToken);
            return 0;
        }
        catch (SettingsException e)
        {
            return await WrongAsync(e.Problems);
        }
        catch (DataFolderException e)
        {
            return await WrongAsync([$"Data = \"{e.Folder}\": the folder {e.Message}"]);
        }
        catch (SshSetupException e)
        {
            await Console.Error.WriteLineAsync($"waystation: SSH: {e.Message}");
            return 1;
        }
        catch (Exception e) when (e is InvalidDataException or FileNotFoundException or FormatException && configFile is not null)
        {
            return await WrongAsync([$"--config {configFile}: {e.GetBaseException().Message}"]);
        }
        catch (IOException e) when (e.InnerException is Microsoft.AspNetCore.Connections.AddressInUseException)
        {
            await Console.Error.WriteLineAsync($"waystation: {e.Message}");
            return 1;
        }
    }

    /// <summary><c>--Section:Key value</c> and <c>--Section:Key=value</c>.</summary>
    private static void AddFurther(Dictionary<string, string?> options, IReadOnlyList<string> tokens)
    {
        List<string> problems = [];
        for (int i = 0; i < tokens.Count; i++)
        {
            Match match = SettingOption().Match(tokens[i]);
            if (!match.Success)
            {
                problems.Add($"{tokens[i]}: there is no such option; waystation serve --help names them all");
            }
            else if (match.Groups["value"].Success)
            {
                options[match.Groups["name"].Value] = match.Groups["value"].Value;
            }
            else if (i + 1 < tokens.Count && !tokens[i + 1].StartsWith("--", StringComparison.Ordinal))
            {
                options[match.Groups["name"].Value] = tokens[++i];
            }
            else
            {
                problems.Add($"{tokens[i]}: a value must follow");
            }
        }

        if (problems.Count > 0)
        {
            throw new SettingsException(problems);
        }
    }

    private static async Task<int> WrongAsync(IReadOnlyList<string> problems)
    {
        foreach (string problem in problems)
        {
            await Console.Error.WriteLineAsync($"waystation: {problem}");
        }

        return 2;
    }

    [GeneratedRegex(
        "^--(?<name>[A-Z][A-Za-z]*(:[A-Za-z0-9]+)*)(=(?<value>.*))?$",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture | RegexOptions.Singleline,
        matchTimeoutMilliseconds: 1000
    )]
    private static partial Regex SettingOption();
}
