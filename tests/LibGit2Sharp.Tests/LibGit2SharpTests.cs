using Waystation.EndToEnd.Tests;
using Waystation.EndToEnd.Tests.Clients;

namespace Waystation.LibGit2Sharp.Tests;

/// <summary>The scenarios of <c>EndToEnd.Tests/Clients</c> with a client that is a library of .NET.</summary>
public sealed class LibGit2SharpTests(Station station) : IClassFixture<Station>
{
    private static readonly ClientRow s_row = new("libgit2sharp", LibGit2SharpClient.CreateAsync, Speaks: 0, Shallowness.Clones);

    [Fact]
    public Task Clone_EqualsDirect_Twice() => new ClientScenarios(station, s_row).CloneTwiceAsync();

    [Fact]
    public Task Fetch_EqualsDirect_Twice_WhenThePrimaryWentOn() => new ClientScenarios(station, s_row).FetchTwiceAsync();

    /// <summary>No deepening: libgit2 asks for no pack when the refs have not moved.</summary>
    [Fact]
    public Task ShallowClone_EqualsDirect_Twice() => new ClientScenarios(station, s_row).CloneShallowTwiceAndDeepenAsync();

    [Fact]
    public Task Push_EqualsDirect_Twice() => new ClientScenarios(station, s_row).PushTwiceAsync();

    [Fact]
    public Task Client_IsRefusedAsDirect_WhateverTheCacheHolds() => new ClientScenarios(station, s_row).BeRefusedAsync();
}
