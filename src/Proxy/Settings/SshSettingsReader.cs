using System.Net;
using Waystation.Primaries.Ssh;
using Waystation.SshFrontend.KeyAuthorities;

namespace Waystation.Proxy.Settings;

/// <summary>The settings of the SSH door, and what they demand of the others.</summary>
internal static class SshSettingsReader
{
    private const string UrlName = "Ssh:KeyAuthority:Url";

    /// <summary>Null where there is no such door.</summary>
    public static SshSettings? Read(SettingsSource source)
    {
        IPEndPoint? listen = source.Read<IPEndPoint?>("Ssh:Listen", null, SshSettings.ListenAccepted, SshSettings.TryParseListen);
        KeyAuthorityOptions authority = Authority(source);
        IReadOnlyList<string> hostKeys = source.List<string>(
            "Ssh:HostKeys",
            "the path of a private key without a passphrase",
            TryParseFile
        );
        bool takesAgents = source.Read("Ssh:Agent", !authority.IsSet, "true or false", bool.TryParse);
        int maxLogins = source.Count("Ssh:MaxLoginsPerAddress", 100, 0, 10_000);
        string? authorities = source.ExistingFile("Ssh:TrustedUserCAKeys");
        return listen is null
            ? null
            : new SshSettings
            {
                Listen = listen,
                KeyAuthority = authority,
                HostKeys = [.. hostKeys.Select(Path.GetFullPath)],
                TakesAgents = takesAgents,
                MaxLoginsPerAddress = maxLogins,
                TrustedUserCAKeys = authorities is null ? null : Path.GetFullPath(authorities),
            };
    }

    /// <summary>The primary's SSH, as one of its settings.</summary>
    public static SshTarget? Target(SettingsSource source, string name, DnsEndPoint? address)
    {
        SshTarget? target = source.Read<SshTarget?>($"{name}:SshUrl", null, SshTarget.Accepted, SshTarget.TryParse!);
        string? knownHosts = source.ExistingFile($"{name}:SshKnownHosts");
        if (target is not null && knownHosts is null)
        {
            source.Add(
                $"{name}:SshKnownHosts",
                null,
                "the primary's host keys, a known_hosts file (ssh-keyscan HOST makes one; compare its fingerprints with those that the primary publishes)"
            );
        }

        return target is null
            ? null
            : target with
            {
                KnownHostsFile = knownHosts is null ? "" : Path.GetFullPath(knownHosts),
                ConnectHost = address?.Host,
            };
    }

    public static void CheckTogether(SettingsSource source, NodeSettings settings)
    {
        if (settings.Ssh is not { } ssh)
        {
            return;
        }

        int overSsh = settings.Primaries.Count(static primary => primary.Ssh is not null);
        if (overSsh > 1 || (overSsh == 0 && settings.Primaries.Count > 1))
        {
            source.Add(
                "Primaries",
                null,
                "with Ssh:Listen exactly one of several primaries has an SshUrl: an SSH client does not say which host it means"
            );
        }

        if (ssh.TakesAgents && overSsh == 0)
        {
            source.Add(
                "Primaries:0:SshUrl",
                null,
                $"Ssh:Listen with agents needs the primary's SSH, --primary-ssh with {SshTarget.Accepted}; or set Ssh:Agent to false and a key authority"
            );
        }
    }

    private static KeyAuthorityOptions Authority(SettingsSource source)
    {
        string? file = source.ExistingFile("Ssh:KeyAuthority:File");
        var options = new KeyAuthorityOptions
        {
            File = file is null ? null : Path.GetFullPath(file),
            Command = source.List<string>(
                "Ssh:KeyAuthority:Command",
                "a program's absolute path and its arguments, a word each",
                static (string text, out string value) => (value = text).Length > 0
            ),
            Url = source.Read<Uri?>(
                UrlName,
                null,
                "an https:// URL, or http:// on loopback",
                static (string text, out Uri? value) => Uri.TryCreate(text, UriKind.Absolute, out value) && HttpKeyAuthority.Accepts(value)
            ),
        };
        if (options.Command is [var program, ..] && (!Path.IsPathRooted(program) || !File.Exists(program)))
        {
            source.Add("Ssh:KeyAuthority:Command", program, "the absolute path of a program, and its arguments");
        }

        if ((options.File is null ? 0 : 1) + (options.Command.Count > 0 ? 1 : 0) + (options.Url is null ? 0 : 1) > 1)
        {
            source.Add("Ssh:KeyAuthority", null, "only one of File, Command and Url");
        }

        return options;
    }

    private static bool TryParseFile(string text, out string value) => File.Exists(value = text);
}
