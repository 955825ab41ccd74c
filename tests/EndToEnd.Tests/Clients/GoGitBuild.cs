using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Clients;

/// <summary>
/// <c>Programs/go-git</c>, built once for all tests of a run into the folder of built things; a later run builds only what has
/// changed. All that it needs is in Debian's packages, so Go's modules are off and nothing is downloaded. Go's rule for such
/// builds wants the source below <c>src</c>, beside its <c>go.mod</c>: only there does it find a path that ends in <c>/v5</c>.
/// </summary>
internal static class GoGitBuild
{
    private const string DebianPackages = "/usr/share/gocode";

    private static readonly Lazy<Task<string>> s_program = new(BuildAsync);

    public static async Task<IClient> ClientAsync(string home) => new ProgramClient(await s_program.Value) { Home = home };

    private static async Task<string> BuildAsync()
    {
        string work = Path.Combine(Checkout.Root, "artifacts", "clients", "go-git"),
            program = Path.Combine(work, "go-git");
        string source = Directory.CreateDirectory(Path.Combine(work, "src", "client")).FullName;
        foreach (string file in (string[])["client.go", "go.mod"])
        {
            File.Copy(Path.Combine(ProgramClient.Folder, "go-git", file), Path.Combine(source, file), overwrite: true);
        }

        await new Command("go", "build", "-o", program, ".")
        {
            WorkingDirectory = source,
            Environment = new Dictionary<string, string>
            {
                ["GO111MODULE"] = "off",
                ["GOPATH"] = $"{work}:{DebianPackages}",
                ["GOCACHE"] = Path.Combine(work, "cache"),
                ["GOENV"] = "off",
                ["CGO_ENABLED"] = "0",
            },
            Timeout = TimeSpan.FromMinutes(5),
        }.MustRunAsync();
        return program;
    }
}
