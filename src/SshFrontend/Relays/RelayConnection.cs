using System.IO.Pipes;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Waystation.SshRelay;

namespace Waystation.SshFrontend.Relays;

/// <summary>
/// One relay at the node's socket: its message, and the descriptors that came with it (unix(7), SCM_RIGHTS). The class library
/// receives no descriptors, so that one call is made to the C library.
/// </summary>
internal sealed partial class RelayConnection(Socket socket) : IDisposable
{
    private const int SocketLevel = 1;
    private const int PeerCredentials = 17;
    private const int Rights = 1;
    private const int CloseOnExec = 0x4000_0000;
    private const int MaxDescriptors = 8;

    private readonly List<SafePipeHandle> _descriptors = [];

    /// <summary>The user that the relay runs as, by the kernel's word.</summary>
    public uint PeerUser
    {
        get
        {
            // struct ucred: pid, uid, gid.
            Span<byte> credentials = stackalloc byte[3 * sizeof(uint)];
            return socket.GetRawSocketOption(SocketLevel, PeerCredentials, credentials) == credentials.Length
                ? MemoryMarshal.Read<uint>(credentials[sizeof(uint)..])
                : uint.MaxValue;
        }
    }

    /// <summary>Reads the relay's one message; null if the relay closed the connection before.</summary>
    /// <exception cref="InvalidDataException">The bytes are no message of a relay.</exception>
    public async Task<RelayMessage?> ReadAsync(CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[16 * 1024];
        int filled = 0;
        while (true)
        {
            await socket.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None, cancellationToken);
            int read = Receive(buffer.AsSpan(filled));
            filled += read;
            if (RelayMessage.TryRead(buffer.AsSpan(0, filled), out RelayMessage? message) || read == 0)
            {
                return message;
            }

            if (filled == buffer.Length)
            {
                Array.Resize(ref buffer, buffer.Length * 2);
            }
        }
    }

    /// <summary>Takes a descriptor that came along as a stream.</summary>
    /// <exception cref="InvalidDataException">It did not come, or is no pipe.</exception>
    public Stream TakeStream(int index, PipeDirection direction)
    {
        if (index >= _descriptors.Count)
        {
            throw new InvalidDataException("the message came without a descriptor");
        }

        if (direction == PipeDirection.Out)
        {
            Widen(_descriptors[index]);
        }

        try
        {
            return new AnonymousPipeClientStream(direction, _descriptors[index]);
        }
        catch (Exception e) when (e is IOException or ArgumentException)
        {
            throw new InvalidDataException("the descriptor of the message is no pipe", e);
        }
    }

    public async Task SendAsync(RelayMessage message, CancellationToken cancellationToken)
    {
        ReadOnlyMemory<byte> bytes = message.ToBytes();
        while (!bytes.IsEmpty)
        {
            bytes = bytes[await socket.SendAsync(bytes, SocketFlags.None, cancellationToken)..];
        }
    }

    /// <summary>Completes when the relay is gone. A relay sends nothing more, so any byte counts as its end.</summary>
    public async Task GoneAsync(CancellationToken cancellationToken)
    {
        try
        {
            await socket.ReceiveAsync(new byte[1], SocketFlags.None, cancellationToken);
        }
        catch (SocketException)
        {
            // A reset connection: the relay is gone as well.
        }
    }

    public void Dispose()
    {
        socket.Dispose();
        foreach (SafePipeHandle descriptor in _descriptors)
        {
            descriptor.Dispose();
        }
    }

    /// <summary>The bytes that are there, 0 at the end; descriptors are kept.</summary>
    private unsafe int Receive(Span<byte> into)
    {
        int header = sizeof(nuint) + (2 * sizeof(int));
        Span<byte> control = stackalloc byte[header + (MaxDescriptors * sizeof(int))];
        fixed (byte* data = into)
        fixed (byte* attached = control)
        {
            var vector = new IoVector { Base = data, Length = (nuint)into.Length };
            var message = new MessageHeader
            {
                Vectors = &vector,
                VectorCount = 1,
                Control = attached,
                ControlLength = (nuint)control.Length,
            };
            nint received;
            bool added = false;
            SafeSocketHandle handle = socket.SafeHandle;
            handle.DangerousAddRef(ref added);
            try
            {
                received = ReceiveMessage((int)handle.DangerousGetHandle(), &message, CloseOnExec);
            }
            finally
            {
                handle.DangerousRelease();
            }

            if (received < 0)
            {
                throw new InvalidDataException($"a relay cannot be read (errno {Marshal.GetLastPInvokeError()})");
            }

            Keep(control[..(int)message.ControlLength], header);
            return (int)received;
        }
    }

    private unsafe void Keep(ReadOnlySpan<byte> control, int header)
    {
        if (
            control.Length < header
            || MemoryMarshal.Read<int>(control[sizeof(nuint)..]) != SocketLevel
            || MemoryMarshal.Read<int>(control[(sizeof(nuint) + sizeof(int))..]) != Rights
        )
        {
            return;
        }

        int end = Math.Min(control.Length, (int)MemoryMarshal.Read<nuint>(control));
        foreach (int descriptor in MemoryMarshal.Cast<byte, int>(control[header..end]))
        {
            _descriptors.Add(new SafePipeHandle(descriptor, ownsHandle: true));
        }
    }

    /// <summary>A pipe holds 64 KiB by default. With room for a whole block sshd and the node switch less often.</summary>
    private static void Widen(SafePipeHandle pipe)
    {
        const int SetPipeSize = 1031;
        const int Room = 512 * 1024;
        bool added = false;
        pipe.DangerousAddRef(ref added);
        // The kernel refuses it if the account's pipes hold too much already; then the size stays.
        _ = Control((int)pipe.DangerousGetHandle(), SetPipeSize, Room);
        pipe.DangerousRelease();
    }

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Control(int descriptor, int command, nint argument);

    [LibraryImport("libc", EntryPoint = "recvmsg", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static unsafe partial nint ReceiveMessage(int descriptor, MessageHeader* message, int flags);

    [StructLayout(LayoutKind.Sequential)]
    private unsafe struct IoVector
    {
        public byte* Base;
        public nuint Length;
    }

    /// <summary>msghdr, as the 64-bit Linux C libraries lay it out.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private unsafe struct MessageHeader
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
