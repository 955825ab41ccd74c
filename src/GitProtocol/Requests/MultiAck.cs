namespace Waystation.GitProtocol.Requests;

/// <summary>How a v0 or v1 client wants its haves acknowledged.</summary>
public enum MultiAck
{
    /// <summary>The first common one only.</summary>
    None,

    /// <summary>Each common one, as <c>continue</c>.</summary>
    MultiAck,

    /// <summary>Each common have is acknowledged, with <c>common</c> or <c>ready</c>.</summary>
    Detailed,
}
