using Waystation.Proxy.Tests.Servers;

namespace Waystation.Proxy.Tests.Tickets;

/// <summary>A fetch that the primary refuses ends ticket and record.</summary>
public sealed class RefusedFetchTests(GitFront front) : RefusalCases(front), IClassFixture<GitFront>
{
    public static TheoryData<string, string> Cases => CasesOf("fetch of another", "fetch of what is shown", "unknown fetch");

    [Theory, MemberData(nameof(Cases))]
    public Task Refusal_EndsTicketAndRecord(string refusal, string question) => AssertEndsTicketAndRecordAsync(refusal, question);
}
