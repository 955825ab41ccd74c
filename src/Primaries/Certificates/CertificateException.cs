namespace Waystation.Primaries.Certificates;

/// <summary>The files of a certificate cannot be used. The message says why, and has no secret.</summary>
public sealed class CertificateException(string message, Exception? inner = null) : Exception(message, inner);
