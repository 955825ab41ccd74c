namespace Waystation.TestKit.Servers;

/// <summary>A key pair made by ssh-keygen, without a passphrase.</summary>
public sealed record SshKey(string PrivateFile)
{
    public string PublicFile => PrivateFile + ".pub";

    /// <summary><c>TYPE BASE64 COMMENT</c>.</summary>
    public string PublicLine => File.ReadAllText(PublicFile).Trim();

    /// <summary>Makes a pair: <c>ed25519</c>, <c>rsa</c> or <c>ecdsa</c> with <paramref name="bits"/>.</summary>
    public static async Task<SshKey> CreateAsync(string file, string type = "ed25519", int? bits = null, string comment = "")
    {
        string[] size = bits is { } number ? ["-b", $"{number}"] : [];
        await new Command("ssh-keygen", ["-q", "-N", "", "-t", type, .. size, "-C", comment, "-f", file]).MustRunAsync();
        return new SshKey(file);
    }

    /// <summary><c>SHA256:…</c>, as ssh-keygen says it of the public key or of another file.</summary>
    public async Task<string> FingerprintAsync(string? of = null) =>
        (await new Command("ssh-keygen", "-l", "-f", of ?? PublicFile).MustRunAsync()).Output.Split(' ')[1];

    /// <summary>Signs this key by an authority's; returns the certificate's file, where ssh-add finds it.</summary>
    public async Task<string> CertifyAsync(SshKey authority, string keyId, params IReadOnlyList<string> principals)
    {
        ArgumentNullException.ThrowIfNull(authority);
        await new Command(
            "ssh-keygen",
            "-q",
            "-s",
            authority.PrivateFile,
            "-I",
            keyId,
            "-n",
            string.Join(',', principals),
            PublicFile
        ).MustRunAsync();
        return PrivateFile + "-cert.pub";
    }
}
