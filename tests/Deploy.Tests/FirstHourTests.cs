using System.Text.RegularExpressions;
using Waystation.TestKit.Servers;

namespace Waystation.Deploy.Tests;

/// <summary>
/// Every command of docs/first-hour.md, in one shell, as the page has them: the build here, the rest on a machine of its own. Its network
/// leads to nothing but a primary with TLS, whose authority that machine trusts, as it trusts those of the world.
/// </summary>
public sealed partial class FirstHourTests
{
    private const string Primary = "git.example.com";

    private static readonly string s_page = File.ReadAllText(Path.Combine(Checkout.Root, "docs", "first-hour.md"));

    [MachineFact]
    public async Task Commands_OfThePage_LeadToAHit_AndBack()
    {
        string[] blocks = [.. Block().Matches(s_page).Select(static match => match.Groups["commands"].Value)];
        Assert.InRange(blocks.Length, 8, 30);
        Assert.Equal(
            $"deploy/publish {Published.Folder}\ndeploy/deb {Published.Folder} {Path.GetDirectoryName(Published.Folder)}\n",
            blocks[0]
        );

        using var folder = new TempFolder();
        string package = await Published.PackageAsync(folder);
        await using ApachePrimary apache = await ApachePrimary.StartAsync();
        PrimaryRepository repository = await apache.CreateAsync("public/tool.git", new History(Seed: 18));
        await using NetworkNamespace network = await NetworkNamespace.CreateAsync(hasV4: true, hasV6: false);
        using var authority = new CertificateAuthority();
        using var certificate = authority.Issue([Primary]);
        await using TlsFront front = await TlsFront.StartAsync($"{network.HostV4}:443", certificate, apache.Url);
        await using DebianMachine machine = await DebianMachine.CreateAsync(network);
        await machine.RunAsync("ip", "link", "set", "lo", "up");
        await machine.WriteAsync("/usr/local/share/ca-certificates/world.crt", authority.Pem);
        await machine.RunAsync("update-ca-certificates");
        await machine.WriteAsync("/etc/hosts", $"127.0.0.1 localhost\n{network.HostV4} {Primary}\n");
        await machine.CopyAsync(package, "/root");
        await machine.BootAsync();

        // The page's repository is an example.
        string commands = string.Concat(blocks[1..])
            .Replace("REPOSITORY=team/tool.git", "REPOSITORY=public/tool.git", StringComparison.Ordinal);
        CommandResult done = await machine.TryAsync("bash", "-ec", $"set -x; cd /root\n{commands}");

        Assert.True(done.ExitCode == 0, $"{done.Output}\n{done.Error}\n{await LogAsync(machine)}");
        Assert.Contains($"{Primary} is at {network.HostV4}\n", done.Output, StringComparison.Ordinal);
        Assert.Contains("cache-status: waystation; hit", done.Output, StringComparison.OrdinalIgnoreCase);
        Assert.Contains($"127.0.0.1       {Primary}", done.Output, StringComparison.Ordinal);
        Assert.Equal(1, repository.PacksMade);
        Assert.Equal($"127.0.0.1 localhost\n{network.HostV4} {Primary}\n", await machine.ReadAsync("/etc/hosts"));
        Assert.DoesNotContain(
            await machine.ChangesAsync(),
            static path => path.Contains("waystation", StringComparison.Ordinal) && !path.EndsWith(".deb", StringComparison.Ordinal)
        );
    }

    private static async Task<string> LogAsync(DebianMachine machine) =>
        (await machine.TryAsync("systemctl", "status", "--no-pager", "--full", "waystation")).Output;

    [GeneratedRegex(@"^```sh\n(?<commands>.*?)^```$", RegexOptions.ExplicitCapture | RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Block();
}
