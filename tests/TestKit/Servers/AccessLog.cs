namespace Waystation.TestKit.Servers;

/// <summary>One request as the primary saw it.</summary>
public sealed record PrimaryRequest(string Method, string Path, string Query, int Status, string User, string GitProtocol)
{
    /// <summary>The format that <see cref="Parse"/> reads, in Apache's words.</summary>
    internal const string Format = "%m\\t%U\\t%q\\t%>s\\t%u\\t%{Git-Protocol}i";

    internal static PrimaryRequest Parse(string line)
    {
        string[] fields = line.Split('\t');
        return new PrimaryRequest(fields[0], fields[1], fields[2], int.Parse(fields[3]), fields[4], fields[5]);
    }
}
