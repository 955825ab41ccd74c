using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace Waystation.Primaries.Certificates;

/// <summary>A certificate with its key and its chain, ready for handshakes.</summary>
public sealed class LoadedCertificate : IDisposable
{
    private readonly X509Certificate2 _own;

    internal LoadedCertificate(X509Certificate2 own, X509Certificate2Collection chain)
    {
        _own = own;
        Context = SslStreamCertificateContext.Create(own, chain, offline: true);
        Names =
        [
            .. own
                .Extensions.OfType<X509SubjectAlternativeNameExtension>()
                .SelectMany(static names => names.EnumerateDnsNames())
                .Select(static name => name.TrimEnd('.')),
        ];
    }

    /// <summary>Certificate and chain, as a handshake sends them.</summary>
    public SslStreamCertificateContext Context { get; }

    /// <summary>The host names that it is for, also with a wildcard.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>The moment from which it is valid.</summary>
    public DateTimeOffset NotBefore => new(_own.NotBefore);

    /// <summary>The moment at which it expires.</summary>
    public DateTimeOffset NotAfter => new(_own.NotAfter);

    /// <inheritdoc />
    public void Dispose() => _own.Dispose();
}
