namespace Waystation.TestKit.Servers;

/// <summary>One request as the primary saw it.</summary>
/// <param name="Method">Of HTTP.</param>
/// <param name="Path">Decoded, without the query.</param>
/// <param name="Query">With its question mark; empty if there is none.</param>
/// <param name="Status">Of the answer.</param>
/// <param name="User">The user that was let in; <c>-</c> for none.</param>
/// <param name="GitProtocol">The header of that name; <c>-</c> if there is none.</param>
/// <param name="Bytes">Of the answer's body.</param>
public sealed record PrimaryRequest(string Method, string Path, string Query, int Status, string User, string GitProtocol, long Bytes)
{
    /// <summary>The format that <see cref="Parse"/> reads, in Apache's words.</summary>
    internal const string Format = "%m\\t%U\\t%q\\t%>s\\t%u\\t%{Git-Protocol}i\\t%B";

    internal static PrimaryRequest Parse(string line)
    {
        string[] fields = line.Split('\t');
        return new PrimaryRequest(fields[0], fields[1], fields[2], int.Parse(fields[3]), fields[4], fields[5], long.Parse(fields[6]));
    }
}
