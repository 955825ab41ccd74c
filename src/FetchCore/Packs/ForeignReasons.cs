using Waystation.FetchCore.Observing;
using Waystation.GitProtocol.Requests;

namespace Waystation.FetchCore.Packs;

/// <summary>What the parsers do not take, in the words of the ladder.</summary>
public static class ForeignReasons
{
    /// <summary>Why such a request goes to the primary as it came.</summary>
    public static ForwardReason ToForwardReason(this ForeignReason reason) =>
        reason switch
        {
            ForeignReason.WantRef or ForeignReason.DeepenNot or ForeignReason.PackfileUris or ForeignReason.ServerOption =>
                ForwardReason.NotCacheable,
            ForeignReason.TooManyPrefixes => ForwardReason.TooLarge,
            ForeignReason.NoWants or ForeignReason.EmptyRequest => ForwardReason.Malformed,
            _ => ForwardReason.Unknown,
        };
}
