using System.Runtime.InteropServices;

namespace Waystation.SshRelay;

/// <summary>
/// The few calls to the C library that the relay needs. The class library's sockets start threads, and cannot send descriptors.
/// </summary>
internal static unsafe partial class Posix
{
    private const int UnixFamily = 1;
    private const int Stream = 1;
    private const int CloseOnExec = 0x80000;
    private const int NoSignal = 0x4000;
    private const int SocketLevel = 1;
    private const int Rights = 1;
    private const int ParentDeathSignal = 1;
    private const int KillSignal = 9;
    private const int Interrupted = 4;

    /// <summary>The longest path of a socket, its final zero included (unix(7)).</summary>
    private const int MaxSocketPath = 108;

    /// <summary>The kernel ends this process when its parent ends; sshd ends when its client is gone.</summary>
    public static void EndWithParent() => _ = Prctl(ParentDeathSignal, KillSignal, 0, 0, 0);

    /// <summary>Connects to a Unix socket; -1 if no process listens.</summary>
    public static int Connect(ReadOnlySpan<byte> path)
    {
        if (path.Length >= MaxSocketPath)
        {
            return -1;
        }

        Span<byte> address = stackalloc byte[sizeof(ushort) + MaxSocketPath];
        address.Clear();
        MemoryMarshal.Write(address, (ushort)UnixFamily);
        path.CopyTo(address[sizeof(ushort)..]);
        int descriptor = Socket(UnixFamily, Stream | CloseOnExec, 0);
        if (descriptor < 0)
        {
            return -1;
        }

        fixed (byte* pointer = address)
        {
            while (true)
            {
                if (Connect(descriptor, pointer, (uint)address.Length) == 0)
                {
                    return descriptor;
                }

                if (Marshal.GetLastPInvokeError() != Interrupted)
                {
                    _ = Close(descriptor);
                    return -1;
                }
            }
        }
    }

    /// <summary>Sends all bytes; descriptors travel with the first of them.</summary>
    public static bool TrySend(int descriptor, ReadOnlySpan<byte> bytes, ReadOnlySpan<int> passed)
    {
        while (!bytes.IsEmpty)
        {
            long sent = SendSome(descriptor, bytes, passed);
            if (sent > 0)
            {
                bytes = bytes[(int)sent..];
                passed = [];
            }
            else if (Marshal.GetLastPInvokeError() != Interrupted)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The bytes read; 0 at the end, and when reading fails.</summary>
    public static int Read(int descriptor, Span<byte> into)
    {
        fixed (byte* pointer = into)
        {
            while (true)
            {
                long read = Read(descriptor, pointer, (nuint)into.Length);
                if (read >= 0)
                {
                    return (int)read;
                }

                if (Marshal.GetLastPInvokeError() != Interrupted)
                {
                    return 0;
                }
            }
        }
    }

    /// <summary>Writes all bytes, or as many as possible.</summary>
    public static void Write(int descriptor, ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            long written;
            fixed (byte* pointer = bytes)
            {
                written = Write(descriptor, pointer, (nuint)bytes.Length);
            }

            if (written > 0)
            {
                bytes = bytes[(int)written..];
            }
            else if (Marshal.GetLastPInvokeError() != Interrupted)
            {
                return;
            }
        }
    }

    /// <summary>A variable of the environment as it is, byte for byte; empty when it is not set.</summary>
    public static byte[] Variable(ReadOnlySpan<byte> name)
    {
        fixed (byte* pointer = name)
        {
            byte* value = Getenv(pointer);
            return value is null ? [] : MemoryMarshal.CreateReadOnlySpanFromNullTerminated(value).ToArray();
        }
    }

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int Close(int descriptor);

    private static long SendSome(int descriptor, ReadOnlySpan<byte> bytes, ReadOnlySpan<int> passed)
    {
        // cmsghdr (cmsg(3)): length, level, type, then the descriptors, padded to the size of a pointer.
        int header = sizeof(nuint) + (2 * sizeof(int));
        int control = header + (passed.Length * sizeof(int));
        Span<byte> rights = stackalloc byte[(control + sizeof(nuint) - 1) / sizeof(nuint) * sizeof(nuint)];
        rights.Clear();
        MemoryMarshal.Write(rights, (nuint)control);
        MemoryMarshal.Write(rights[sizeof(nuint)..], SocketLevel);
        MemoryMarshal.Write(rights[(sizeof(nuint) + sizeof(int))..], Rights);
        MemoryMarshal.AsBytes(passed).CopyTo(rights[header..]);
        fixed (byte* data = bytes)
        fixed (byte* attached = rights)
        {
            var vector = new IoVector { Base = data, Length = (nuint)bytes.Length };
            var message = new MessageHeader
            {
                Vectors = &vector,
                VectorCount = 1,
                Control = passed.IsEmpty ? null : attached,
                ControlLength = passed.IsEmpty ? 0 : (nuint)rights.Length,
            };
            return SendMessage(descriptor, &message, NoSignal);
        }
    }

    [LibraryImport("libc", EntryPoint = "socket", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Socket(int family, int type, int protocol);

    [LibraryImport("libc", EntryPoint = "connect", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Connect(int descriptor, byte* address, uint length);

    [LibraryImport("libc", EntryPoint = "sendmsg", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint SendMessage(int descriptor, MessageHeader* message, int flags);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint Read(int descriptor, byte* into, nuint length);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint Write(int descriptor, byte* from, nuint length);

    [LibraryImport("libc", EntryPoint = "getenv")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial byte* Getenv(byte* name);

    [LibraryImport("libc", EntryPoint = "prctl", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Prctl(int option, nuint second, nuint third, nuint fourth, nuint fifth);

    [StructLayout(LayoutKind.Sequential)]
    private struct IoVector
    {
        public byte* Base;
        public nuint Length;
    }

    /// <summary>msghdr, as the 64-bit Linux C libraries lay it out.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct MessageHeader
    {
        public void* Name;
        public uint NameLength;
        public IoVector* Vectors;
        public nuint VectorCount;
        public byte* Control;
        public nuint ControlLength;
        public int Flags;
    }
}
