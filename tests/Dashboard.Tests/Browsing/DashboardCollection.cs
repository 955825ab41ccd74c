namespace Waystation.Dashboard.Tests.Browsing;

/// <summary>The tests that share one station run one after the other.</summary>
[CollectionDefinition(Name)]
public sealed class DashboardCollection : ICollectionFixture<DashboardStation>
{
    public const string Name = "dashboard";
}
