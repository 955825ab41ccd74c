namespace Waystation.GitProtocol.Requests;

/// <summary>The form in which a v0 or v1 client wants its haves acknowledged.</summary>
public enum MultiAck
{
    /// <summary>Only the first common have is acknowledged.</summary>
    None,

    /// <summary>Each common have is acknowledged, with <c>continue</c>.</summary>
    MultiAck,

    /// <summary>Each common have is acknowledged, with <c>common</c> or <c>ready</c>.</summary>
    Detailed,
}
