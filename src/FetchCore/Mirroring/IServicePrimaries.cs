using Waystation.CacheStore;
using Waystation.FetchCore.Primaries;
using Waystation.FetchCore.Primaries.Errors;

namespace Waystation.FetchCore.Mirroring;

/// <summary>The primaries, asked in the node's own name with the service credential of the operator.</summary>
public interface IServicePrimaries
{
    /// <summary>Whether this repository is selected and its primary has a service credential.</summary>
    bool Serves(RepositoryName repository);

    /// <summary>The primary of a repository, asked in the node's own name; null if <see cref="Serves"/> is false.</summary>
    /// <exception cref="PrimaryException">The credential cannot be read.</exception>
    ServiceConnection? Open(RepositoryName repository);
}

/// <summary>A primary that is asked in the node's own name, until this is disposed.</summary>
/// <param name="primary">The primary.</param>
/// <param name="connection">Its connection, if it is kept open between questions.</param>
public sealed class ServiceConnection(IPrimary primary, IAsyncDisposable? connection = null) : IAsyncDisposable
{
    /// <summary>The primary.</summary>
    public IPrimary Primary => primary;

    /// <inheritdoc />
    public ValueTask DisposeAsync() => connection?.DisposeAsync() ?? ValueTask.CompletedTask;
}
