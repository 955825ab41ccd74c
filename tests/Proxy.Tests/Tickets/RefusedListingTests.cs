using Waystation.Proxy.Tests.Servers;

namespace Waystation.Proxy.Tests.Tickets;

/// <summary>A question for refs that the primary refuses ends ticket and record.</summary>
public sealed class RefusedListingTests(GitFront front) : RefusalCases(front), IClassFixture<GitFront>
{
    public static TheoryData<string, string> Cases => CasesOf("v0 info/refs", "ls-refs", "many prefixes");

    [Theory, MemberData(nameof(Cases))]
    public Task Refusal_EndsTicketAndRecord(string refusal, string question) => AssertEndsTicketAndRecordAsync(refusal, question);
}
