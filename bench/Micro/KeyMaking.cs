using BenchmarkDotNet.Attributes;
using Waystation.CacheStore;
using Waystation.CacheStore.Packs;
using Waystation.GitProtocol.Fetching;
using Waystation.GitProtocol.Objects;

namespace Waystation.Micro;

/// <summary>From what a request asks to the name of its answer; the bytes are those of the object ids that go in.</summary>
public class KeyMaking : IOperations
{
    private static readonly RepositoryName Repository = new("git.example.com", "team/tool.git");
    private static readonly byte[] Tags = Inputs.Noise(32);

    static Operation IOperations.Describe(string method) => method switch
    {
        nameof(OfClone) => new("key of a clone", IdBytes(Inputs.Clone)),
        _ => new("key of a fetch with 256 haves", IdBytes(Inputs.Fetch)),
    };

    [Benchmark]
    public PackKey OfClone() => PackKey.Of(Repository, Inputs.Clone, Tags);

    [Benchmark]
    public PackKey OfFetch() => PackKey.Of(Repository, Inputs.Fetch, Tags);

    private static int IdBytes(FetchRequest request) => (request.Wants.Count + request.Haves.Count) * ObjectFormat.Sha1.DigestLength;
}
