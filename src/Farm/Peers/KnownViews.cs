using System.Security.Cryptography;
using System.Text;
using Waystation.Farm.Peers.Messages;
using Waystation.FetchCore.Access;

namespace Waystation.Farm.Peers;

/// <summary>
/// Views that other nodes have sent lately, by their digest, so that the refs of a repository are sent once and not with each fetch. A
/// view grants nothing: each fetch names the view of its own credential.
/// </summary>
internal sealed class KnownViews
{
    /// <summary>Bytes of the views that are remembered, as they were sent.</summary>
    private const long MaxBytes = 16 << 20;

    private readonly Lock _gate = new();
    private readonly LinkedList<(string Digest, AccessView View, long Bytes)> _newestFirst = new();
    private long _bytes;

    /// <summary>The view of this digest. The asking node sends it if it is not known.</summary>
    /// <exception cref="IOException">The node did not send it, or sent another one.</exception>
    public async Task<AccessView> FindAsync(string digest, AskingPrimary asker, CancellationToken cancellationToken)
    {
        if (Find(digest) is { } known)
        {
            return known;
        }

        byte[] bytes = await asker.ReadViewAsync(cancellationToken);
        if (!CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(ViewBytes.DigestOf(bytes)), Encoding.ASCII.GetBytes(digest)))
        {
            throw new IOException("a peer sent other listings than it named");
        }

        AccessView view = ViewBytes.Read(bytes);
        Add(digest, view, bytes.Length);
        return view;
    }

    private AccessView? Find(string digest)
    {
        lock (_gate)
        {
            for (LinkedListNode<(string Digest, AccessView View, long Bytes)>? at = _newestFirst.First; at is not null; at = at.Next)
            {
                if (at.Value.Digest == digest)
                {
                    _newestFirst.Remove(at);
                    _newestFirst.AddFirst(at);
                    return at.Value.View;
                }
            }

            return null;
        }
    }

    private void Add(string digest, AccessView view, long bytes)
    {
        lock (_gate)
        {
            if (bytes > MaxBytes)
            {
                return;
            }

            _newestFirst.AddFirst((digest, view, bytes));
            _bytes += bytes;
            while (_bytes > MaxBytes)
            {
                _bytes -= _newestFirst.Last!.Value.Bytes;
                _newestFirst.RemoveLast();
            }
        }
    }
}
