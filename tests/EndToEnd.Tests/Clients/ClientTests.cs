using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Clients;

public sealed class ClientCloneTests(Station station) : IClassFixture<Station>
{
    public static TheoryData<string> Clients => ClientTable.All;

    [Theory]
    [MemberData(nameof(Clients))]
    public Task Clone_EqualsDirect_Twice(string client) => new ClientScenarios(station, ClientTable.Of(client)).CloneTwiceAsync();
}

public sealed class ClientFetchTests(Station station) : IClassFixture<Station>
{
    public static TheoryData<string> Clients => ClientTable.All;

    [Theory]
    [MemberData(nameof(Clients))]
    public Task Fetch_EqualsDirect_Twice_WhenThePrimaryWentOn(string client) =>
        new ClientScenarios(station, ClientTable.Of(client)).FetchTwiceAsync();
}

public sealed class ClientShallowTests(Station station) : IClassFixture<Station>
{
    public static TheoryData<string> Clients => ClientTable.Shallow;

    [Theory]
    [MemberData(nameof(Clients))]
    public Task ShallowClone_EqualsDirect_TwiceAndDeeper(string client) =>
        new ClientScenarios(station, ClientTable.Of(client)).CloneShallowTwiceAndDeepenAsync();
}

public sealed class ClientPushTests(Station station) : IClassFixture<Station>
{
    public static TheoryData<string> Clients => ClientTable.All;

    [Theory]
    [MemberData(nameof(Clients))]
    public Task Push_EqualsDirect_Twice(string client) => new ClientScenarios(station, ClientTable.Of(client)).PushTwiceAsync();

    [Theory]
    [MemberData(nameof(Clients))]
    public Task Client_IsRefusedAsDirect_WhateverTheCacheHolds(string client) =>
        new ClientScenarios(station, ClientTable.Of(client)).BeRefusedAsync();
}

/// <summary>
/// Where the node keeps no mirrors, each request that nobody made before goes to the primary as the client wrote it, and the
/// answer to it comes from there: all rounds of all clients, with the acknowledgments that each of them asked for.
/// </summary>
public sealed class ClientWithoutMirrorTests : IAsyncLifetime
{
    private readonly Station _station = new();

    public static TheoryData<string> Clients => ClientTable.All;

    public static TheoryData<string> ShallowClients => ClientTable.Shallow;

    public Task InitializeAsync() => _station.StartAsync(new NodeSettings { Options = ["--Mirrors:MaxSize", "0"] });

    public Task DisposeAsync() => _station.DisposeAsync();

    [Theory]
    [MemberData(nameof(Clients))]
    public async Task CloneAndFetch_EqualDirect_Twice(string client)
    {
        var scenarios = new ClientScenarios(_station, ClientTable.Of(client));
        await scenarios.CloneTwiceAsync();
        await scenarios.FetchTwiceAsync(whoMakesTheSecond: Maker.Primary);
    }

    [Theory]
    [MemberData(nameof(ShallowClients))]
    public Task ShallowClone_EqualsDirect_TwiceAndDeeper(string client) =>
        new ClientScenarios(_station, ClientTable.Of(client)).CloneShallowTwiceAndDeepenAsync();
}
