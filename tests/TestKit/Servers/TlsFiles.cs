namespace Waystation.TestKit.Servers;

/// <summary>An authority and a certificate for 127.0.0.1, made by openssl as an administrator would.</summary>
public sealed record TlsFiles(string Authority, string Certificate, string Key)
{
    public static async Task<TlsFiles> CreateAsync(TempFolder folder)
    {
        ArgumentNullException.ThrowIfNull(folder);
        var files = new TlsFiles(folder["ca.pem"], folder["node.pem"], folder["node.key"]);
        string authorityKey = folder["ca.key"], request = folder["node.csr"], extensions = folder["node.ext"];
        await File.WriteAllTextAsync(extensions, "subjectAltName=DNS:localhost,IP:127.0.0.1\n");
        await RunAsync(
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
            "-subj", "/CN=Test authority", "-keyout", authorityKey, "-out", files.Authority);
        await RunAsync(
            "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-subj", "/CN=localhost", "-keyout", files.Key, "-out", request);
        await RunAsync(
            "x509", "-req", "-in", request, "-CA", files.Authority, "-CAkey", authorityKey, "-CAcreateserial",
            "-days", "2", "-extfile", extensions, "-out", files.Certificate);
        return files;

        Task<CommandResult> RunAsync(params string[] arguments) =>
            new Command("openssl", arguments) { WorkingDirectory = folder.FullPath, Environment = new Dictionary<string, string> { ["HOME"] = folder.FullPath } }.MustRunAsync();
    }
}
