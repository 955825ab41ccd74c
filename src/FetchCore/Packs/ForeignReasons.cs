using Waystation.FetchCore.Observing;
using Waystation.GitProtocol.Requests;

namespace Waystation.FetchCore.Packs;

/// <summary>Turns the reasons of the parsers into reasons to forward a request.</summary>
public static class ForeignReasons
{
    /// <summary>The reason why such a request is forwarded unchanged.</summary>
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
