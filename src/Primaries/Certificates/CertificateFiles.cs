namespace Waystation.Primaries.Certificates;

/// <summary>The files of a certificate with its key, as an operator names them.</summary>
/// <param name="Certificate">A PEM file with the certificate and its chain, or a PFX file.</param>
/// <param name="Key">The PEM file of the key; null if the key is in the first file.</param>
/// <param name="PasswordFile">The file with the password of the key or of the PFX file; null if there is none.</param>
public sealed record CertificateFiles(string Certificate, string? Key, string? PasswordFile)
{
    /// <summary>Reads all files once. What was read is loaded, so no file can change between a comparison and its use.</summary>
    /// <exception cref="CertificateException">A file cannot be read.</exception>
    public CertificateText Read()
    {
        try
        {
            return new CertificateText(
                File.ReadAllBytes(Certificate),
                Key is null ? null : File.ReadAllBytes(Key),
                PasswordFile is null ? null : File.ReadAllText(PasswordFile).TrimEnd('\r', '\n')
            );
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CertificateException(e.Message, e);
        }
    }

    /// <summary>The reason why the files cannot be used; null if they can.</summary>
    public string? Trouble()
    {
        try
        {
            using LoadedCertificate loaded = Read().Load();
            return null;
        }
        catch (CertificateException e)
        {
            return e.Message;
        }
    }
}
