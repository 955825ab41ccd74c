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
