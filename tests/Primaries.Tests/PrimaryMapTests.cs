using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging.Abstractions;

namespace Waystation.Primaries.Tests;

/// <summary>Several primaries are told apart by the name that a client uses.</summary>
public sealed class PrimaryMapTests : IDisposable
{
    private readonly Meter _meter = new("primaries");
    private readonly PrimaryMap _map;

    public PrimaryMapTests() =>
        _map = new PrimaryMap(
            [
                new PrimaryOptions { Url = new Uri("https://git.example.com") },
                new PrimaryOptions { Url = new Uri("https://bücher.example.com") },
                new PrimaryOptions { Url = new Uri("https://192.0.2.1") },
            ],
            TimeProvider.System,
            _meter,
            NullLogger<Primary>.Instance
        );

    public void Dispose()
    {
        _map.Dispose();
        _meter.Dispose();
    }

    [Theory]
    [InlineData("git.example.com", 0)]
    [InlineData("GIT.Example.COM", 0)]
    [InlineData("git.example.com.", 0)] // the dot of the root
    [InlineData("git.example.com..", null)]
    [InlineData("xgit.example.com", null)]
    [InlineData("xn--bcher-kva.example.com", 1)]
    [InlineData("192.0.2.1", 2)]
    [InlineData("192.0.2.1.", null)]
    [InlineData("", null)]
    [InlineData(".", null)]
    public void Name_HasItsPrimary(string host, int? expected) =>
        Assert.Equal(
            expected is { } at ? new[] { "git.example.com", "xn--bcher-kva.example.com", "192.0.2.1" }[at] : null,
            _map.Find(host)?.Http.Host
        );
}
