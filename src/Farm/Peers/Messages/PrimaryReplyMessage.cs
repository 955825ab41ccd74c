namespace Waystation.Farm.Peers.Messages;

/// <summary>The head of the reply to a <see cref="PrimaryMessage"/>. The body of the primary's reply follows it.</summary>
/// <param name="IsAnswer">As the reply says.</param>
/// <param name="IsRefusal">As the reply says.</param>
/// <param name="Complaint">As the reply says.</param>
internal sealed record PrimaryReplyMessage(bool IsAnswer, bool IsRefusal = false, string? Complaint = null)
{
    /// <summary>The primary could not be asked: the kind of failure; null if it replied.</summary>
    public PrimaryFailure? Failure { get; init; }

    /// <summary>The failure in words.</summary>
    public string? Trouble { get; init; }

    /// <summary>For a busy primary: when to come again.</summary>
    public TimeSpan RetryAfter { get; init; }

    /// <summary>For a busy primary: whether it concerns all credentials.</summary>
    public bool ConcernsAll { get; init; }
}

/// <summary>How the primary could not be asked.</summary>
internal enum PrimaryFailure
{
    /// <summary>Only this call has failed.</summary>
    Call,

    /// <summary>An outage.</summary>
    Outage,

    /// <summary>Come again later.</summary>
    Busy,

    /// <summary>The asking node does not have this call any more.</summary>
    NoSuchCall,
}
