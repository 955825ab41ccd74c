using System.Collections.Concurrent;
using System.Security.Cryptography;

namespace Waystation.TestKit.Servers.Lfs;

/// <summary>The objects of an LFS primary, by repository.</summary>
public sealed class LfsObjects
{
    private readonly TempFolder _folder;
    private readonly ConcurrentDictionary<(string Repository, string Oid), LfsContent> _objects = new();
    private readonly ConcurrentDictionary<(string Repository, string Oid), LfsContent> _unverified = new();

    internal LfsObjects(TempFolder folder)
    {
        _folder = folder;
        _folder.CreateFolder("objects");
    }

    public void Add(PrimaryRepository repository, LfsContent content) => _objects[(repository.Name, content.Oid)] = content;

    public LfsContent? Find(string repository, string oid) => _objects.GetValueOrDefault((repository, oid));

    public bool Has(PrimaryRepository repository, string oid) => Find(repository.Name, oid) is not null;

    public void Remove(PrimaryRepository repository, string oid) => _objects.TryRemove((repository.Name, oid), out _);

    /// <summary>Whether an object was uploaded that <c>verify</c> was not yet called for.</summary>
    public bool IsUnverified(PrimaryRepository repository, string oid) => _unverified.ContainsKey((repository.Name, oid));

    /// <summary>Takes an upload; false where its content is another than its name says.</summary>
    internal async Task<bool> ReceiveAsync(string repository, string oid, bool verifies, Stream body, Func<int, Task> received)
    {
        string file = Path.Combine(_folder["objects"], Path.GetRandomFileName());
        using var digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await using (FileStream written = File.Create(file))
        {
            byte[] buffer = new byte[64 * 1024];
            int read;
            while ((read = await body.ReadAsync(buffer)) > 0)
            {
                digest.AppendData(buffer, 0, read);
                await written.WriteAsync(buffer.AsMemory(0, read));
                await received(read);
            }
        }

        if (Convert.ToHexStringLower(digest.GetHashAndReset()) != oid)
        {
            return false;
        }

        (verifies ? _unverified : _objects)[(repository, oid)] = LfsContent.FromFile(file, oid);
        return true;
    }

    internal bool Verify(string repository, string oid, long size)
    {
        if (_unverified.TryRemove((repository, oid), out LfsContent? content))
        {
            _objects[(repository, oid)] = content;
        }

        return Find(repository, oid)?.Size == size;
    }
}
