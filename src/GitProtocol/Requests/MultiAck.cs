namespace Waystation.GitProtocol.Requests;

/// <summary>How a v0 or v1 client wants its haves acknowledged.</summary>
public enum MultiAck
{
    /// <summary>The first common one only.</summary>
    None,

    /// <summary>Each common one, as <c>continue</c>.</summary>
    MultiAck,

    /// <summary>Each common one, <c>common</c> and <c>ready</c> told apart.</summary>
    Detailed,
}
