using Waystation.Primaries.Certificates;

namespace Waystation.Proxy.Connections.Certificates;

/// <summary>
/// Finds the certificate for a name: the one with exactly this name, else the one with a wildcard for it, else the first of all. Of several
/// with the same name the first counts. It holds the certificates as they were at one moment, so a renewed one comes with all of its names
/// at once.
/// </summary>
internal sealed class CertificateNames
{
    private readonly Dictionary<string, LoadedCertificate> _exact = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, LoadedCertificate> _wildcards = new(StringComparer.OrdinalIgnoreCase);
    private readonly LoadedCertificate? _first;

    public CertificateNames(IReadOnlyList<LoadedCertificate> certificates)
    {
        _first = certificates.Count > 0 ? certificates[0] : null;
        foreach (LoadedCertificate certificate in certificates)
        {
            foreach (string name in certificate.Names)
            {
                // A wildcard is the whole first label (RFC 9525, section 6.3).
                _ = name.StartsWith("*.", StringComparison.Ordinal)
                    ? _wildcards.TryAdd(name[2..], certificate)
                    : _exact.TryAdd(name, certificate);
            }
        }
    }

    /// <param name="serverName">The name that a client asks for; empty if it asks for none.</param>
    public LoadedCertificate Find(string serverName)
    {
        string name = serverName.TrimEnd('.');
        return _exact.GetValueOrDefault(name)
            ?? (name.IndexOf('.', StringComparison.Ordinal) is > 0 and var dot ? _wildcards.GetValueOrDefault(name[(dot + 1)..]) : null)
            ?? _first
            ?? throw new InvalidOperationException("no certificate is set");
    }
}
