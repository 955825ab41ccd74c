using BenchmarkDotNet.Attributes;
using Waystation.CacheStore;
using Waystation.CacheStore.Packs;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.Requests;

namespace Waystation.Micro;

/// <summary>From a request to the key of its pack; the bytes are those of the object ids in the request.</summary>
public class KeyMaking : IOperations
{
    private static readonly RepositoryName s_repository = new("git.example.com", "team/tool.git");
    private static readonly byte[] s_tags = Inputs.Noise(32);

    static Operation IOperations.Describe(string method) =>
        method switch
        {
            nameof(OfClone) => new("key of a clone", IdBytes(Inputs.Clone)),
            _ => new("key of a fetch with 256 haves", IdBytes(Inputs.Fetch)),
        };

    [Benchmark]
    public PackKey OfClone() => PackKey.Of(s_repository, Inputs.Clone, s_tags);

    [Benchmark]
    public PackKey OfFetch() => PackKey.Of(s_repository, Inputs.Fetch, s_tags);

    private static int IdBytes(FetchRequest request) => (request.Wants.Count + request.Haves.Count) * ObjectFormat.Sha1.DigestLength;
}
