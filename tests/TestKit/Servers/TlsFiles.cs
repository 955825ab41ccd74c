namespace Waystation.TestKit.Servers;

/// <summary>
/// An authority and a certificate for 127.0.0.1, made by openssl as an administrator would: issued by an intermediate
/// authority, which stands behind it in the same file, so that only a node that sends the chain is trusted.
/// </summary>
public sealed record TlsFiles(string Authority, string Certificate, string Key)
{
    public static async Task<TlsFiles> CreateAsync(TempFolder folder)
    {
        ArgumentNullException.ThrowIfNull(folder);
        var files = new TlsFiles(folder["ca.pem"], folder["node.pem"], folder["node.key"]);
        await File.WriteAllTextAsync(folder["issuer.ext"], "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n");
        await File.WriteAllTextAsync(folder["node.ext"], "subjectAltName=DNS:localhost,IP:127.0.0.1\n");
        await RunAsync(["req", "-x509", .. NewKey(folder["ca.key"]), "-days", "2", "-subj", "/CN=Test authority", "-out", files.Authority]);
        await IssueAsync("issuer", "/CN=Test intermediate", folder["issuer.key"], files.Authority, folder["ca.key"]);
        await IssueAsync("node", "/CN=localhost", files.Key, folder["issuer.pem"], folder["issuer.key"]);
        await File.AppendAllTextAsync(files.Certificate, await File.ReadAllTextAsync(folder["issuer.pem"]));
        return files;

        async Task IssueAsync(string name, string subject, string key, string issuer, string issuerKey)
        {
            await RunAsync(["req", .. NewKey(key), "-subj", subject, "-out", folder[name + ".csr"]]);
            await RunAsync([
                "x509",
                "-req",
                "-in",
                folder[name + ".csr"],
                "-CA",
                issuer,
                "-CAkey",
                issuerKey,
                "-CAcreateserial",
                "-days",
                "2",
                "-extfile",
                folder[name + ".ext"],
                "-out",
                folder[name + ".pem"],
            ]);
        }

        static string[] NewKey(string path) => ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", path];

        Task<CommandResult> RunAsync(string[] arguments) =>
            new Command("openssl", arguments)
            {
                WorkingDirectory = folder.FullPath,
                Environment = new Dictionary<string, string> { ["HOME"] = folder.FullPath },
            }.MustRunAsync();
    }
}
