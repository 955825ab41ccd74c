using System.Diagnostics.Metrics;
using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Waystation.CacheStore;
using Waystation.Primaries;

namespace Waystation.Proxy.Tests.Limits;

public sealed class ClientListTests
{
    [Theory]
    [InlineData("", "", "192.0.2.1", true)]
    [InlineData("10.0.0.0/8", "", "10.255.0.1", true)]
    [InlineData("10.0.0.0/8", "", "11.0.0.1", false)]
    [InlineData("10.0.0.0/8", "10.1.0.0/16", "10.1.2.3", false)]
    [InlineData("", "10.1.0.0/16", "10.1.2.3", false)]
    [InlineData("", "10.1.0.0/16", "10.2.2.3", true)]
    [InlineData("10.0.0.0/8", "", "::ffff:10.0.0.1", true)]
    [InlineData("", "10.0.0.0/8", "::ffff:10.0.0.1", false)]
    [InlineData("", "::ffff:10.0.0.0/104", "10.0.0.1", false)]
    [InlineData("2001:db8::/32", "", "2001:db8:ffff::1", true)]
    [InlineData("2001:db8::/32", "", "2001:db9::1", false)]
    [InlineData("2001:db8::/32", "", "10.0.0.1", false)]
    [InlineData("0.0.0.0/0", "", "2001:db8::1", false)]
    [InlineData("0.0.0.0/0", "", "203.0.113.9", true)]
    [InlineData("::/0", "", "203.0.113.9", false)]
    [InlineData("fe80::/10", "", "fe80::1%7", true)]
    [InlineData("", "", null, true)]
    [InlineData("0.0.0.0/0", "", null, false)]
    [InlineData("", "192.0.2.1", null, false)]
    public void List_AdmitsClients(string allow, string deny, string? client, bool isAdmitted)
    {
        var list = new ClientList(new ClientListOptions { Allow = Networks(allow), Deny = Networks(deny) });

        Assert.Equal(isAdmitted, list.Admits(client is null ? null : IPAddress.Parse(client)));
    }

    [Fact]
    public void Lists_Change_WhileTheNodeRuns()
    {
        using var meter = new Meter("lists");
        using var primaries = new PrimaryMap([Options("", "")], TimeProvider.System, meter, NullLogger<Primary>.Instance);
        IPAddress client = IPAddress.Parse("10.1.2.3");
        Primary primary = primaries.Find("git.example.com")!;
        RepositoryName[] repositories = [primary.NameOf("team/tool.git")!.Value, primary.NameOverSsh("~user/tool.git")];
        Assert.True(primary.Admits(client));
        Assert.All(repositories, repository => Assert.True(primaries.Admits(repository, client)));

        primaries.Reselect([Options("10.0.0.0/8", "10.1.2.3")]);

        Assert.False(primary.Admits(client));
        Assert.All(repositories, repository => Assert.False(primaries.Admits(repository, client)));
        Assert.True(primary.Admits(IPAddress.Parse("10.1.2.4")));
        Assert.False(primaries.Admits(new RepositoryName("other.example.com", "team/tool.git"), IPAddress.Parse("10.1.2.4")));
    }

    private static PrimaryOptions Options(string allow, string deny) =>
        new()
        {
            Url = new Uri("https://git.example.com"),
            Clients = new ClientListOptions { Allow = Networks(allow), Deny = Networks(deny) },
        };

    private static IPNetwork[] Networks(string text) =>
        [
            .. text.Split(';', StringSplitOptions.RemoveEmptyEntries)
                .Select(static one => ClientNetworks.TryParse(one, out IPNetwork network) ? network : throw new FormatException(one)),
        ];
}
