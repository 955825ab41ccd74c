using System.Xml.Linq;

namespace Waystation.Architecture.Tests;

/// <summary>One line of projects: each may use those to its right, none to its left.</summary>
public sealed class ProjectArrowsTests
{
    private static readonly string[] s_line = ["Proxy", "SshFrontend", "Farm", "Primaries", "FetchCore", "CacheStore", "GitProtocol"];

    [Fact]
    public void Projects_ReferenceOnlyThoseToTheirRight()
    {
        foreach (string project in s_line)
        {
            foreach (string used in SourceTree.ReferencesOf(project))
            {
                Assert.True(Array.IndexOf(s_line, used) > Array.IndexOf(s_line, project), $"{project} references {used}");
            }
        }
    }

    [Fact]
    public void SshFrontendAndFarm_DoNotKnowEachOther() => Assert.DoesNotContain("Farm", SourceTree.ReferencesOf("SshFrontend"));

    [Fact]
    public void SshRelay_ReferencesNothing() => Assert.Empty(SourceTree.ReferencesOf("SshRelay"));

    [Fact]
    public void GitProtocol_KnowsNoFileNetworkProcessClockOrLogger() =>
        Assert.Empty(
            SourceTree.Using(
                "GitProtocol",
                "System.IO.Enumeration",
                "System.Net",
                "System.Diagnostics.Process",
                "Microsoft.Extensions",
                "TimeProvider",
                "FileStream",
                "DateTime."
            )
        );

    [Fact]
    public void FetchCore_KnowsNeitherHttpNorSsh() =>
        Assert.Empty(SourceTree.Using("FetchCore", "Microsoft.AspNetCore", "System.Net", "Yarp"));

    [Fact]
    public void Solution_HoldsEveryProject()
    {
        string solution = File.ReadAllText(Path.Combine(SourceTree.Root, "Proxy.sln"));
        foreach (
            string project in Directory
                .EnumerateFiles(SourceTree.Root, "*.csproj", SearchOption.AllDirectories)
                .Where(static path =>
                    !path.Contains("/artifacts/", StringComparison.Ordinal) && !path.Contains("/obj/", StringComparison.Ordinal)
                )
        )
        {
            Assert.Contains(Path.GetFileName(project), solution, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Packages_HaveTheirVersionsInOnePlace()
    {
        foreach (string project in Directory.EnumerateFiles(Path.Combine(SourceTree.Root, "src"), "*.csproj", SearchOption.AllDirectories))
        {
            Assert.DoesNotContain(
                XDocument.Load(project).Descendants("PackageReference"),
                static reference => reference.Attribute("Version") is not null
            );
        }
    }
}
