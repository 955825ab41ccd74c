using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Clients;

/// <summary>
/// <c>Programs/Jgit.java</c>, compiled once for all tests of a run. The compiler is Eclipse's, which is small and runs on a
/// runtime without a development kit.
/// </summary>
internal static class JgitBuild
{
    private static readonly string[] s_libraries =
    [
        .. new[] { "org.eclipse.jgit", "slf4j-api", "slf4j-nop", "javaewah", "jsch", "jzlib" }.Select(name =>
            $"/usr/share/java/{name}.jar"
        ),
    ];

    private static readonly Lazy<Task<string>> s_classes = new(CompileAsync);

    public static async Task<IClient> ClientAsync(string home)
    {
        string classPath = string.Join(':', [await s_classes.Value, .. s_libraries]);
        // A program that lives for a second is not worth an optimising compiler; its files stay out of the machine's own folders.
        return new ProgramClient(
            "java",
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "-XX:-UsePerfData",
            $"-Duser.home={home}",
            "-cp",
            classPath,
            "Jgit"
        )
        {
            Home = home,
        };
    }

    private static async Task<string> CompileAsync()
    {
        string classes = Directory.CreateDirectory(Path.Combine(Checkout.Root, "artifacts", "clients", "jgit")).FullName;
        await new Command(
            "ecj",
            "-11",
            "-proc:none",
            "-cp",
            string.Join(':', s_libraries),
            "-d",
            classes,
            Path.Combine(ProgramClient.Folder, "Jgit.java")
        ).MustRunAsync();
        return classes;
    }
}
