using System.Security.Cryptography;
using System.Text;

namespace Waystation.CacheStore;

/// <summary>
/// The name of a repository: the primary's host name and the repository's full path on it, as the client wrote it. It is part of every
/// key of caches, locks and joins, so two repositories never share a response.
/// </summary>
/// <param name="Host">The primary's name in lower case, with its port if that is not the default of the scheme.</param>
/// <param name="Path">The raw path without a leading slash and without the service's suffix, e.g. <c>team/tool.git</c>.</param>
public readonly record struct RepositoryName(string Host, string Path)
{
    /// <summary>The name of a folder of this repository: from a digest, never from a client's path. 32 lower-case hexadecimal
    /// digits.</summary>
    internal string FolderName => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Host + "\0" + Path)).AsSpan(0, 16));

    /// <inheritdoc />
    public override string ToString() => $"{Host}/{Path}";
}
