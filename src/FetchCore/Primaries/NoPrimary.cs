using Waystation.FetchCore.Primaries.Errors;
using Waystation.GitProtocol.Requests;
using Waystation.GitProtocol.Responses;

namespace Waystation.FetchCore.Primaries;

/// <summary>In the place of the primary, where only another node may be asked.</summary>
internal sealed class NoPrimary : IPrimary
{
    /// <summary>The only one.</summary>
    public static readonly NoPrimary Instance = new();

    private static Task<PrimaryReply> Refusal =>
        Task.FromException<PrimaryReply>(new PrimaryException("the primary is not asked for this"));

    /// <inheritdoc />
    public Task<PrimaryReply> FetchAsync(CancellationToken cancellationToken) => Refusal;

    /// <inheritdoc />
    public Task<PrimaryReply> AskRefsAsync(CancellationToken cancellationToken) => Refusal;

    /// <inheritdoc />
    public Task<PrimaryReply> SyncAsync(FetchRequest request, ResponseFraming framing, CancellationToken cancellationToken) => Refusal;

    /// <inheritdoc />
    public Task<PrimaryReply> LsRefsAsync(LsRefsRequest request, CancellationToken cancellationToken) => Refusal;

    /// <inheritdoc />
    public Task<PrimaryReply> InfoRefsAsync(CancellationToken cancellationToken) => Refusal;
}
