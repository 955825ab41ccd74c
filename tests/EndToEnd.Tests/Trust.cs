using System.Security.Cryptography.X509Certificates;

namespace Waystation.EndToEnd.Tests;

internal static class Trust
{
    /// <summary>A policy that trusts one authority and no other.</summary>
    public static X509ChainPolicy Only(string authorityFile)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.Add(X509CertificateLoader.LoadCertificateFromFile(authorityFile));
        return policy;
    }
}
