using System.Text;

namespace Waystation.TestKit.Servers;

/// <summary>One export.</summary>
/// <param name="Path">The path of the request, which names the kind: traces, metrics or logs.</param>
/// <param name="Tenant">The field <c>X-Tenant</c> of the request.</param>
/// <param name="Body">The protobuf message.</param>
public sealed record OtlpMessage(string Path, string Tenant, byte[] Body)
{
    /// <summary>The texts in the message, and bytes between them as characters.</summary>
    public string Text => Encoding.Latin1.GetString(Body);
}
