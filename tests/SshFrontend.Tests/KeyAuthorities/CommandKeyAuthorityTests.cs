using System.Text;
using Waystation.SshFrontend.KeyAuthorities;
using Waystation.TestKit.Logging;
using Waystation.TestKit.Servers;

namespace Waystation.SshFrontend.Tests.KeyAuthorities;

public sealed class CommandKeyAuthorityTests : IDisposable
{
    private const string Answer = """{"username":"alice","passwordFile":"/p"}""";

    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1);

    private readonly TempFolder _folder = new();
    private readonly RecordedLog<CommandKeyAuthority> _log = new();

    [Fact]
    public async Task Question_ComesToItsInput_AndItsOutputIsTheAnswer()
    {
        Assert.Equal(new PrimaryCredential.HttpUser("alice", "/p"), await AskAsync($"cat >\"$1\"; echo '{Answer}'"));

        Assert.Equal(Encoding.UTF8.GetString(QuestionWriter.Write(TestKeys.Question())), await File.ReadAllTextAsync(_folder["out"]));
        Assert.Empty(_log.Lines);
    }

    [Theory]
    [InlineData("exit 1")]
    [InlineData("echo '{}'")]
    [InlineData("cat >/dev/null; echo nonsense; exit 1")]
    public async Task UnknownKey(string script) => Assert.Null(await AskAsync(script));

    [Fact]
    public async Task ProgramThatDoesNotReadItsInput_MayAnswer() => Assert.NotNull(await AskAsync($"exec <&-; echo '{Answer}'"));

    [Theory]
    [InlineData("exit 2", "exit code 2")]
    [InlineData($"echo '{Answer}'; exit 3", "exit code 3")]
    [InlineData("kill -TERM $$", "exit code 143")]
    [InlineData("true", "JSON")]
    [InlineData("echo nonsense", "JSON")]
    [InlineData($"echo '{Answer}'; echo '{Answer}'", "JSON")]
    [InlineData("""echo '{"username":"alice"}'""", "together")]
    [InlineData("yes", "did not close its standard output")]
    [InlineData($"yes >&2; echo '{Answer}'", "did not close its standard output")]
    public async Task EveryOtherEnd_IsAnError(string script, string words)
    {
        KeyAuthorityException e = await Assert.ThrowsAsync<KeyAuthorityException>(() => AskAsync(script));

        Assert.Contains(words, e.Message, StringComparison.Ordinal);
        Assert.Contains("/bin/sh", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WordsOnStderr_AreLogged_AndTheAnswerIsNot()
    {
        await AskAsync($"echo the database is slow >&2; echo '{Answer}'");

        Assert.Contains("the database is slow", Assert.Single(_log.Lines), StringComparison.Ordinal);
        Assert.DoesNotContain("passwordFile", _log.Lines[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task ProgramThatTakesTooLong_IsKilledWithAllThatItStarted()
    {
        string marker = _folder["sleeps"];
        KeyAuthorityException e = await Assert.ThrowsAsync<KeyAuthorityException>(() =>
            AskAsync($"sh -c 'sleep 1000; : {marker}' & sh -c 'sleep 1000; : {marker}'; : {marker}", TimeSpan.FromMilliseconds(300))
        );

        Assert.Contains("0.3 s", e.Message, StringComparison.Ordinal);
        await Eventually.TrueAsync("nothing runs any more", () => !IsAnyRunning(marker));
    }

    [Fact]
    public async Task Asker_WhoGoesAway_EndsTheProgram()
    {
        string marker = _folder["waits"];
        using var gone = new CancellationTokenSource();
        Task<PrimaryCredential?> asking = AskAsync($"touch \"$1\"; sleep 1000; : {marker}", s_patience, gone.Token);
        await Eventually.TrueAsync("the program runs", () => File.Exists(_folder["out"]));

        await gone.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking);
        await Eventually.TrueAsync("nothing runs any more", () => !IsAnyRunning(marker));
    }

    [Fact]
    public async Task Environment_HoldsNothingOfTheNode()
    {
        await AskAsync("tr '\\0' '\\n' </proc/$$/environ >\"$1\"; exit 1");

        Assert.All(await File.ReadAllLinesAsync(_folder["out"]), static line => Assert.StartsWith("PATH=", line, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Arguments_AreNoWordsOfAShell()
    {
        var authority = new CommandKeyAuthority(
            ["/bin/sh", "-c", "printf '%s\\n' \"$@\" >\"$0\"; exit 1", _folder["out"], "a b", "$(id)", "; true", ""],
            s_patience,
            _log
        );

        await authority.FindAsync(TestKeys.Question(), CancellationToken.None);

        Assert.Equal(["a b", "$(id)", "; true", ""], await File.ReadAllLinesAsync(_folder["out"]));
    }

    [Fact]
    public async Task Crowd_IsServedInTurns()
    {
        var authority = new CommandKeyAuthority(["/bin/sh", "-c", $"echo '{Answer}'"], s_patience, _log);

        PrimaryCredential?[] answers = await Task.WhenAll(
            Enumerable.Range(0, 50).Select(number => authority.FindAsync(TestKeys.Question((byte)number), CancellationToken.None))
        );

        Assert.All(answers, Assert.NotNull);
    }

    [Fact]
    public async Task ProgramThatIsNotThere_IsAnError()
    {
        var authority = new CommandKeyAuthority([_folder["none"]], s_patience, _log);

        await Assert.ThrowsAsync<KeyAuthorityException>(() => authority.FindAsync(TestKeys.Question(), CancellationToken.None));
    }

    [Fact]
    public void ProgramWithoutAnAbsolutePath_IsNone()
    {
        Assert.Throws<ArgumentException>(() => new CommandKeyAuthority(["sh", "-c", "true"], s_patience, _log));
        Assert.Throws<ArgumentException>(() => new CommandKeyAuthority([], s_patience, _log));
    }

    public void Dispose() => _folder.Dispose();

    private Task<PrimaryCredential?> AskAsync(string script) => AskAsync(script, s_patience);

    private async Task<PrimaryCredential?> AskAsync(string script, TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        var authority = new CommandKeyAuthority(["/bin/sh", "-c", script, "authority", _folder["out"]], timeout, _log);
        return await authority.FindAsync(TestKeys.Question(), cancellationToken);
    }

    private static bool IsAnyRunning(string marker) =>
        Directory.EnumerateDirectories("/proc").Any(process => ArgumentsOf(process).Contains(marker, StringComparison.Ordinal));

    private static string ArgumentsOf(string process)
    {
        try
        {
            return File.ReadAllText(process + "/cmdline");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
