using System.Diagnostics.Metrics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Waystation.FetchCore.Tests;
using Waystation.Proxy.Connections.Certificates;
using Waystation.Proxy.Options;
using Waystation.TestKit.Logging;
using Waystation.TestKit.Servers;

namespace Waystation.Proxy.Tests.Certificates;

/// <summary>The certificates for clients: which one a client gets, and what changed files do.</summary>
public sealed class ServerCertificatesTests : IDisposable
{
    private const string Password = "secret of the key";

    private readonly TempFolder _folder = new();
    private readonly CertificateAuthority _authority = new();
    private readonly ManualTime _time = new();
    private readonly Meter _meter = new("test");
    private readonly RecordedLog<ServerCertificates> _log = new();

    [Theory]
    [InlineData("", "default.example.com")]
    [InlineData("unknown.example.org", "default.example.com")]
    [InlineData("one.example.com", "one.example.com")]
    [InlineData("ONE.example.com.", "one.example.com")]
    [InlineData("two.example.com", "one.example.com")]
    [InlineData("any.wild.example.com", "*.wild.example.com")]
    [InlineData("exact.wild.example.com", "exact.wild.example.com")]
    [InlineData("too.deep.wild.example.com", "default.example.com")]
    [InlineData("wild.example.com", "default.example.com")]
    [InlineData("*.wild.example.com", "default.example.com")]
    public void Client_GetsTheCertificateOfTheNameThatItAsksFor(string asked, string expected)
    {
        using ServerCertificates certificates = New(
            Files("default.example.com"),
            Files("one.example.com", "two.example.com"),
            Files("*.wild.example.com"),
            Files("exact.wild.example.com")
        );

        // A name with a wildcard in it is no name: only its own label could stand there.
        Assert.Equal(asked.StartsWith('*') ? "*.wild.example.com" : expected, NameOf(certificates, asked));
    }

    [Fact]
    public void Formats_AreAllRead()
    {
        using X509Certificate2 one = _authority.Issue(["pfx.example.com"]);
        File.WriteAllBytes(_folder["one.pfx"], one.Export(X509ContentType.Pfx, Password));
        File.WriteAllText(_folder["password"], Password + "\n");
        using X509Certificate2 two = _authority.Issue(["combined.example.com"]);
        CertificateAuthority.Write(two, _folder["two.crt"], _folder["two.key"]);
        File.WriteAllText(_folder["two.pem"], File.ReadAllText(_folder["two.key"]) + File.ReadAllText(_folder["two.crt"]));
        using X509Certificate2 three = _authority.Issue(["encrypted.example.com"]);
        CertificateAuthority.Write(three, _folder["three.crt"], _folder["three.key"]);
        using (ECDsa key = three.GetECDsaPrivateKey()!)
        {
            File.WriteAllText(
                _folder["three.key"],
                key.ExportEncryptedPkcs8PrivateKeyPem(Password, new(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1000))
            );
        }

        using ServerCertificates certificates = New(
            new CertificateOptions { File = _folder["one.pfx"], PasswordFile = _folder["password"] },
            new CertificateOptions { File = _folder["two.pem"] },
            new CertificateOptions
            {
                File = _folder["three.crt"],
                Key = _folder["three.key"],
                PasswordFile = _folder["password"],
            }
        );

        Assert.All(
            (string[])["pfx.example.com", "combined.example.com", "encrypted.example.com"],
            name => Assert.Equal(name, NameOf(certificates, name))
        );
    }

    [Fact]
    public void ChangedFiles_AreTaken_WithTheirNewNames()
    {
        CertificateOptions files = Files("old.example.com");
        using ServerCertificates certificates = New(Files("default.example.com"), files);
        string before = Thumbprint(certificates, "default.example.com");

        Write(files, "new.example.com");
        _time.Turn(TimeSpan.FromSeconds(2));

        Assert.Equal("new.example.com", NameOf(certificates, "new.example.com"));
        Assert.Equal("default.example.com", NameOf(certificates, "old.example.com"));
        Assert.Equal(before, Thumbprint(certificates, "default.example.com"));
        Assert.Contains(_log.Lines, line => line.Contains("new.example.com", StringComparison.Ordinal));
    }

    [Fact]
    public void LinksOfKubernetes_AreFollowed_WhenTheyAreSwapped()
    {
        // secret/tls.crt -> ..data/tls.crt, and ..data -> the folder of this version, which is exchanged by a rename.
        using X509Certificate2 old = _authority.Issue(["git.example.com"]);
        using X509Certificate2 renewed = _authority.Issue(["git.example.com"]);
        foreach ((X509Certificate2 certificate, string version) in new[] { (old, "..v1"), (renewed, "..v2") })
        {
            Directory.CreateDirectory(_folder[version]);
            CertificateAuthority.Write(certificate, _folder[version + "/tls.crt"], _folder[version + "/tls.key"]);
        }

        Directory.CreateSymbolicLink(_folder["..data"], "..v1");
        File.CreateSymbolicLink(_folder["tls.crt"], "..data/tls.crt");
        File.CreateSymbolicLink(_folder["tls.key"], "..data/tls.key");
        using ServerCertificates certificates = New(new CertificateOptions { File = _folder["tls.crt"], Key = _folder["tls.key"] });
        Assert.Equal(old.Thumbprint, Thumbprint(certificates, "git.example.com"));

        Directory.CreateSymbolicLink(_folder["..new"], "..v2");
        Unix.Rename(_folder["..new"], _folder["..data"]);
        _time.Turn(TimeSpan.FromSeconds(2));

        Assert.Equal(renewed.Thumbprint, Thumbprint(certificates, "git.example.com"));
    }

    [Fact]
    public void WrongFiles_KeepTheCertificate_AndAreToldOnce()
    {
        CertificateOptions files = Files("git.example.com");
        using ServerCertificates certificates = New(files);
        string before = Thumbprint(certificates, "git.example.com");
        string whole = File.ReadAllText(files.File!);
        using X509Certificate2 other = _authority.Issue(["git.example.com"]);

        foreach (string wrong in (string[])["", whole[..(whole.Length / 2)], other.ExportCertificatePem()])
        {
            int told = Told();
            File.WriteAllText(files.File!, wrong);
            _time.Turn(TimeSpan.FromSeconds(2));
            Assert.Equal((before, 1L), (Thumbprint(certificates, "git.example.com"), Metric("waystation_certificate_files_wrong")));
            Assert.Equal(told, Told());
            _time.Turn(TimeSpan.FromSeconds(20));
            Assert.Equal(told + 1, Told());
        }

        // The certificate was written before its key: the second write makes it whole.
        CertificateAuthority.Write(other, files.File!, files.Key!);
        _time.Turn(TimeSpan.FromSeconds(2));
        Assert.Equal((other.Thumbprint, 0L), (Thumbprint(certificates, ""), Metric("waystation_certificate_files_wrong")));

        File.Delete(files.Key!);
        _time.Turn(TimeSpan.FromSeconds(4));
        Assert.Equal(other.Thumbprint, Thumbprint(certificates, ""));
        Assert.Contains(files.Key!, _log.Lines[^1], StringComparison.Ordinal);

        int Told() => _log.Lines.Count(static line => line.StartsWith("Error 1501", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(-1, "Error 1502")]
    [InlineData(29, "Warning 1503")]
    [InlineData(30, null)]
    public void End_IsTold_FromThirtyDaysAhead(int days, string? line)
    {
        using ServerCertificates certificates = New(Files(["git.example.com"], _time.GetUtcNow().AddDays(days).AddHours(1)));

        Assert.Equal(line is null ? 0 : 1, _log.Lines.Count);
        Assert.StartsWith(line ?? "", string.Join("\n", _log.Lines), StringComparison.Ordinal);
        Assert.Equal(((days * 24) + 1) * 3600L, Metric("waystation_certificate_seconds_left"), 1.0);
        _time.Turn(TimeSpan.FromDays(1.5));
        Assert.Equal(line is null ? 1 : 2, _log.Lines.Count);
    }

    [Fact]
    public void ChangedSettings_AddAndRemoveCertificates()
    {
        CertificateOptions one = Files("one.example.com");
        CertificateOptions two = Files("two.example.com");
        using ServerCertificates certificates = New(one);

        certificates.Use(new TlsOptions { Certificates = [one, two] });
        Assert.Equal("two.example.com", NameOf(certificates, "two.example.com"));
        certificates.Use(new TlsOptions { Certificates = [two] });
        Assert.Equal("two.example.com", NameOf(certificates, "one.example.com"));
    }

    public void Dispose()
    {
        _meter.Dispose();
        _authority.Dispose();
        _folder.Dispose();
    }

    private static string NameOf(ServerCertificates certificates, string asked) =>
        certificates.Find(asked).TargetCertificate.Subject["CN=".Length..];

    private static string Thumbprint(ServerCertificates certificates, string asked) =>
        certificates.Find(asked).TargetCertificate.Thumbprint;

    private ServerCertificates New(params CertificateOptions[] files) => new(new TlsOptions { Certificates = files }, _time, _meter, _log);

    private CertificateOptions Files(params string[] names) => Files(names, _time.GetUtcNow().AddYears(1));

    private CertificateOptions Files(string[] names, DateTimeOffset notAfter)
    {
        string name = Guid.NewGuid().ToString("n");
        var files = new CertificateOptions { File = _folder[name + ".crt"], Key = _folder[name + ".key"] };
        using X509Certificate2 certificate = _authority.Issue(names, notAfter, notAfter.AddYears(-2));
        CertificateAuthority.Write(certificate, files.File, files.Key);
        return files;
    }

    private void Write(CertificateOptions files, string name)
    {
        using X509Certificate2 certificate = _authority.Issue([name], _time.GetUtcNow().AddYears(1), _time.GetUtcNow().AddYears(-1));
        CertificateAuthority.Write(certificate, files.File!, files.Key!);
    }

    private long Metric(string name)
    {
        long value = -1;
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, all) =>
        {
            if (ReferenceEquals(instrument.Meter, _meter) && instrument.Name == name)
            {
                all.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((_, measured, _, _) => value = measured);
        listener.Start();
        listener.RecordObservableInstruments();
        return value;
    }
}
