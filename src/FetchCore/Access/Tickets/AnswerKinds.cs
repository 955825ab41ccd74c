namespace Waystation.FetchCore.Access.Tickets;

/// <summary>The kinds of answers that a ticket has.</summary>
[Flags]
public enum AnswerKinds
{
    /// <summary>No answer.</summary>
    None = 0,

    /// <summary>The v2 capability advertisement.</summary>
    Capabilities = 1,

    /// <summary>Listings of refs.</summary>
    Listings = 2,

    /// <summary>Both.</summary>
    All = Capabilities | Listings,
}
