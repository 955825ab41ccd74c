namespace Waystation.SshFrontend.KeyAuthorities;

/// <summary>
/// A key authority that is a file, a JSON list of keys and credentials. It is read for each question, so a change takes effect at once, and
/// parsed only when its bytes have changed. A file with an error lets nobody in.
/// </summary>
/// <param name="path">The file, an absolute path.</param>
public sealed class FileKeyAuthority(string path) : IKeyAuthority
{
    /// <summary>About 100,000 keys. It guards against a path of another file.</summary>
    private const int MaxLength = 32 << 20;

    private volatile Reading? _last;

    /// <inheritdoc />
    public async Task<PrimaryCredential?> FindAsync(KeyQuestion question, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(question);
        byte[] bytes = await ReadAsync(cancellationToken);
        if (_last is not { } last || !last.Bytes.AsSpan().SequenceEqual(bytes))
        {
            _last = last = new Reading(bytes, ParseOf(bytes));
        }

        return last.List.Find(question);
    }

    private KeyList ParseOf(byte[] bytes)
    {
        try
        {
            return KeyList.Parse(bytes);
        }
        catch (KeyAuthorityException e)
        {
            throw new KeyAuthorityException($"key authority {path}: {e.Message}", e);
        }
    }

    private async Task<byte[]> ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            await using FileStream file = File.OpenRead(path);
            // An account that can write the file can act as any user.
            if (File.GetUnixFileMode(file.SafeFileHandle).HasFlag(UnixFileMode.OtherWrite))
            {
                throw new KeyAuthorityException($"key authority {path}: every account may write this file (chmod o-w)");
            }

            if (file.Length > MaxLength)
            {
                throw new KeyAuthorityException($"key authority {path}: longer than {MaxLength >> 20} MiB");
            }

            byte[] bytes = new byte[file.Length];
            await file.ReadExactlyAsync(bytes, cancellationToken);
            return bytes;
        }
        catch (Exception e) when (e is (IOException and not KeyAuthorityException) or UnauthorizedAccessException)
        {
            throw new KeyAuthorityException($"key authority {path}: it cannot be read: {e.Message}", e);
        }
    }

    private sealed record Reading(byte[] Bytes, KeyList List);
}
