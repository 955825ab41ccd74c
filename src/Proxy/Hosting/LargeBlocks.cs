using System.Buffers;
using Microsoft.AspNetCore.Connections;

namespace Waystation.Proxy.Hosting;

/// <summary>
/// The server's memory for receiving and sending, in blocks as large as the pieces of a pack. Its own blocks have 4 KiB, and each is a read
/// of the socket, a TLS record and a write, for pushes and for packs over HTTP/2.
/// </summary>
internal sealed class LargeBlocks : IMemoryPoolFactory<byte>
{
    private const int BlockLength = 32 * 1024;

    public MemoryPool<byte> Create(MemoryPoolOptions? options = null) => new Pool();

    private sealed class Pool : MemoryPool<byte>
    {
        public override int MaxBufferSize => Shared.MaxBufferSize;

        public override IMemoryOwner<byte> Rent(int minBufferSize = -1) => Shared.Rent(Math.Max(minBufferSize, BlockLength));

        protected override void Dispose(bool disposing) { }
    }
}
