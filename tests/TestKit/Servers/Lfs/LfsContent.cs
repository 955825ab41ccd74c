using System.Buffers.Binary;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace Waystation.TestKit.Servers.Lfs;

/// <summary>The content of an LFS object, which may be larger than the memory.</summary>
public abstract class LfsContent(string oid, long size)
{
    /// <summary>The SHA-256 of the content.</summary>
    public string Oid => oid;

    public long Size => size;

    /// <summary>The text by which git knows the object.</summary>
    public string Pointer => $"version https://git-lfs.github.com/spec/v1\noid sha256:{Oid}\nsize {Size}\n";

    /// <summary>Content that no file holds, made from a seed.</summary>
    public static LfsContent FromSeed(int seed, long size)
    {
        var content = new Seeded(seed, "", size);
        using var digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] buffer = new byte[1 << 20];
        for (long at = 0; at < size; )
        {
            int read = content.Read(at, buffer);
            digest.AppendData(buffer, 0, read);
            at += read;
        }

        return new Seeded(seed, Convert.ToHexStringLower(digest.GetHashAndReset()), size);
    }

    /// <summary>Reads from an offset; 0 at the end.</summary>
    public abstract int Read(long offset, Span<byte> buffer);

    /// <summary>The whole content of a small object.</summary>
    public byte[] ToArray()
    {
        byte[] whole = new byte[Size];
        for (int at = 0; at < whole.Length; )
        {
            at += Read(at, whole.AsSpan(at));
        }

        return whole;
    }

    internal static LfsContent FromFile(string file, string oid)
    {
        SafeFileHandle handle = File.OpenHandle(file, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
        return new Filed(handle, oid, RandomAccess.GetLength(handle));
    }

    private sealed class Filed(SafeFileHandle handle, string oid, long size) : LfsContent(oid, size)
    {
        public override int Read(long offset, Span<byte> buffer) => RandomAccess.Read(handle, buffer, offset);
    }

    /// <summary>The same mebibyte of chance again and again, with the number of each in its first bytes.</summary>
    private sealed class Seeded : LfsContent
    {
        private const int BlockLength = 1 << 20;

        private readonly byte[] _block = new byte[BlockLength];

        public Seeded(int seed, string oid, long size)
            : base(oid, size) => new Random(seed).NextBytes(_block);

        public override int Read(long offset, Span<byte> buffer)
        {
            int within = (int)(offset % BlockLength);
            int length = (int)Math.Min(Math.Min(buffer.Length, Size - offset), BlockLength - within);
            if (length <= 0)
            {
                return 0;
            }

            _block.AsSpan(within, length).CopyTo(buffer);
            Span<byte> number = stackalloc byte[sizeof(long)];
            BinaryPrimitives.WriteInt64LittleEndian(number, offset / BlockLength);
            for (int i = within; i < sizeof(long) && i - within < length; i++)
            {
                buffer[i - within] ^= number[i];
            }

            return length;
        }
    }
}
