using System.Security.Cryptography;
using Waystation.Primaries.Ssh;
using Waystation.Proxy.Doctor;
using Waystation.Proxy.Doctor.Reporting;
using Waystation.Proxy.Options;
using Waystation.Proxy.Options.Reading;

namespace Waystation.Proxy.Setup;

/// <summary>
/// Asks for the settings of a node, tries each group of answers with the doctor's checks, and writes the file. What the file has is the
/// default of each question, so a second run changes what there is.
/// </summary>
/// <param name="paths">The files to write.</param>
/// <param name="answers">The settings.</param>
/// <param name="questions">Asks the operator.</param>
/// <param name="output">Takes what the operator reads.</param>
internal sealed class NodeSetup(SetupPaths paths, Answers answers, IQuestions questions, TextWriter output)
{
    private const string Primary = "Primaries:0:Url";
    private const string Address = "Primaries:0:Address";
    private const string SshUrl = "Primaries:0:SshUrl";
    private const string KnownHosts = "Primaries:0:SshKnownHosts";
    private const string Password = "Primaries:0:Service:PasswordFile";
    private const string SecretFile = "Farm:SecretFile";
    private const int SecretBytes = 32;

    /// <summary>The files with secrets that were written, and what they had before.</summary>
    private readonly List<(string File, string? Before)> _secrets = [];

    /// <summary>Asks and writes; the exit code.</summary>
    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        bool isGood = await TryAsync(AskPrimary, ["name", "tcp", "scheme", "tls", "http", "clock", "git"], cancellationToken);
        isGood &= await TryAsync(AskDoors, ["certificate", "loop", "data", "disk"], cancellationToken);
        isGood &= await TryAsync(() => AskSshAsync(cancellationToken), ["ssh", "host-key", "sshd"], cancellationToken);
        isGood &= await TryAsync(AskService, ["credential", "host-key"], cancellationToken);
        isGood &= await TryAsync(AskFarm, ["redis"], cancellationToken);
        (NodeOptions options, IReadOnlyList<string> problems) = OptionsReader.ReadAll(answers.Configuration);
        foreach (string problem in problems)
        {
            await output.WriteLineAsync($"FAIL    {Redaction.Of(problem)}");
        }

        if (problems.Count > 0 || !isGood)
        {
            RestoreSecrets();
            await output.WriteLineAsync("Nothing was written.");
            return problems.Count > 0 ? 2 : 1;
        }

        Write();
        await output.WriteLineAsync($"Written: {paths.Configuration}");
        string data = Path.GetFullPath(options.Data);
        string account = paths.Account ?? (options.Ssh.IsOn ? "git" : "waystation");
        Replace(paths.Unit, ServiceUnit.Write(paths.Configuration, data, account), UnixFileMode.None);
        await output.WriteLineAsync($"Written: {paths.Unit}");
        await output.WriteLineAsync(
            $"""

            Start it: ./waystation serve --config {paths.Configuration}
            As a service: give {account} the files in {Path.GetDirectoryName(paths.Configuration)}, then systemctl daemon-reload and
            systemctl enable --now {Path.GetFileNameWithoutExtension(paths.Unit)}
            {FolderStep(data, account)}

            {DnsSteps.Of(options.Primaries[0].Url, options.Primaries[0].Address is not null, options.Ssh.IsOn, answers["Listen"] ?? "")}
            """
        );
        return 0;
    }

    /// <summary>systemd makes the usual folder by itself.</summary>
    private static string FolderStep(string data, string account) =>
        data == ServiceUnit.StateFolder ? "" : $"Before its first start: install -d -m 700 -o {account} {data}\n";

    private Task AskPrimary()
    {
        Ask(Primary, "The primary's URL, by the name that clients use", null);
        Ask(Address, "The primary's own address, if that name will lead clients to this node", null);
        Ask("Primaries:0:Tls:CaFile", "A PEM file with the primary's authority, if it is not a public one", null);
        Ask("Data", "The folder for all that the node keeps", ServiceUnit.StateFolder);
        return Task.CompletedTask;
    }

    private Task AskDoors()
    {
        Ask("Tls:Certificate", "The node's certificate with its chain, a PEM file, for the primary's name", null);
        if (answers["Tls:Certificate"] is not null)
        {
            Ask("Tls:Key", "The PEM file of its key", null);
        }

        Ask("Listen", "The addresses for clients", answers["Tls:Certificate"] is null ? "http://127.0.0.1:8080" : "https://*:443");
        Ask("Admin:Listen", "The address for operators", "http://127.0.0.1:8081");
        return Task.CompletedTask;
    }

    private async Task AskSshAsync(CancellationToken cancellationToken)
    {
        Ask("Ssh:Listen", "The address for SSH clients, such as *:22", null);
        if (answers["Ssh:Listen"] is null && answers[SshUrl] is null)
        {
            return;
        }

        Ask(SshUrl, "The primary's SSH URL", null);
        Ask("Ssh:HostKeys", "The primary's private host keys, which clients know, if you have them", null);
        if (
            answers[KnownHosts] is null
            && SshTarget.TryParse(answers[SshUrl], out SshTarget? target)
            && await ScanAsync(target, cancellationToken) is { } scan
        )
        {
            await output.WriteLineAsync(
                $"The primary shows these host keys. Compare them with those that it publishes:\n{scan.Fingerprints}"
            );
            if (paths.AcceptsHostKeys || questions.Confirm("Are these the primary's keys", usual: false))
            {
                answers[KnownHosts] = Secret("known_hosts", scan.KnownHosts);
            }
        }

        Ask(KnownHosts, "A known_hosts file with the primary's host keys", null);
    }

    private Task<HostKeyScan?> ScanAsync(SshTarget target, CancellationToken cancellationToken) =>
        HostKeyScan.AskAsync(
            Endpoints.TryParseHost(answers[Address] ?? "", out System.Net.DnsEndPoint? address)
                ? target with
                {
                    ConnectHost = address.Host,
                }
                : target,
            Path.GetTempPath(),
            cancellationToken
        );

    private Task AskService()
    {
        Ask("Primaries:0:Service:Username", "The node's own user at the primary; none for a token or for no account", null);
        if (!answers.IsGiven(Password) && questions.AskSecret("The node's own password or token at the primary") is { } secret)
        {
            answers[Password] = Secret("service.password", secret + "\n");
        }

        Ask(Password, "The file with that password or token", null);
        return Task.CompletedTask;
    }

    private Task AskFarm()
    {
        Ask("Farm:Redis", "The Redis of the farm, as HOST:PORT; none for a single node", null);
        if (answers["Farm:Redis"] is null)
        {
            return Task.CompletedTask;
        }

        Ask("Farm:Name", "The name of this node in the farm", Environment.MachineName);
        Ask("Farm:NodeUrl", "The URL at which the other nodes reach this one", null);
        if (answers[SecretFile] is null && questions.Confirm("Is this the first node of the farm, so that a secret is made", usual: true))
        {
            answers[SecretFile] = Secret("farm.secret", Convert.ToBase64String(RandomNumberGenerator.GetBytes(SecretBytes)) + "\n");
        }

        Ask(SecretFile, "The file with the farm's secret, the same on every node", null);
        return Task.CompletedTask;
    }

    private void Ask(string name, string question, string? usual)
    {
        string? before = answers[name];
        if (answers.IsGiven(name))
        {
            return;
        }

        string? answer = questions.Ask(question, before ?? usual);
        if (answer != before)
        {
            answers[name] = answer;
        }
    }

    /// <summary>Asks a group of questions until its checks are good, or the operator wants it so.</summary>
    private async Task<bool> TryAsync(Func<Task> ask, string[] checks, CancellationToken cancellationToken)
    {
        while (true)
        {
            await ask();
            (NodeOptions options, IReadOnlyList<string> problems) = OptionsReader.ReadAll(answers.Configuration);
            if (options.Primaries.Any(static primary => primary.Url is null))
            {
                await output.WriteLineAsync(Redaction.Of(string.Join("; ", problems)));
                if (!questions.IsAnswered)
                {
                    return false;
                }

                continue;
            }

            var question = new DoctorQuestion { Options = options, IsOnNode = true };
            Report all = await NodeDoctor.ExamineAsync(question, cancellationToken);
            var report = new Report([.. all.Findings.Where(line => checks.Contains(line.Check, StringComparer.Ordinal))]);
            if (report.Findings.Count > 0)
            {
                await output.WriteLineAsync(report.ToText());
            }

            if (report.ExitCode == 0)
            {
                return true;
            }

            if (!questions.IsAnswered || questions.Confirm("Keep these answers all the same", usual: false))
            {
                return questions.IsAnswered || paths.IsForced;
            }
        }
    }

    /// <summary>Writes a file that only this account can read, beside the settings.</summary>
    private string Secret(string name, string text)
    {
        string file = Path.Combine(Path.GetDirectoryName(paths.Configuration)!, name);
        _secrets.Add((file, File.Exists(file) ? File.ReadAllText(file) : null));
        Replace(file, text, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return file;
    }

    /// <summary>Nothing is to be written, so these files are as they were.</summary>
    private void RestoreSecrets()
    {
        foreach ((string file, string? before) in _secrets.AsEnumerable().Reverse())
        {
            if (before is null)
            {
                File.Delete(file);
            }
            else
            {
                Replace(file, before, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            }
        }
    }

    private void Write()
    {
        string before = File.Exists(paths.Configuration) ? File.ReadAllText(paths.Configuration) : Head;
        var file = new SettingsFile(before);
        foreach ((string name, string json, string comment) in answers.Changes)
        {
            file.Set(name, json, comment.Length > 0 ? comment : null);
        }

        Replace(paths.Configuration, file.Text, UnixFileMode.None);
    }

    private const string Head = """
        // The settings of a Waystation node. waystation init changes them and keeps comments; docs/settings.md names all.
        {
        }

        """;

    /// <summary>Writes a file in whole or not at all.</summary>
    /// <param name="path">The file.</param>
    /// <param name="text">Its text.</param>
    /// <param name="mode">Its mode; none for that which it has, or 0644 if it is new.</param>
    private static void Replace(string path, string text, UnixFileMode mode)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        UnixFileMode wanted =
            mode != UnixFileMode.None ? mode
            : File.Exists(path) ? File.GetUnixFileMode(path)
            : UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
        string making = path + ".new";
        File.Delete(making);
        using (
            var stream = new FileStream(
                making,
                new FileStreamOptions
                {
                    Mode = FileMode.CreateNew,
                    Access = FileAccess.Write,
                    UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
                }
            )
        )
        {
            stream.Write(System.Text.Encoding.UTF8.GetBytes(text));
        }

        File.SetUnixFileMode(making, wanted);
        File.Move(making, path, overwrite: true);
    }
}
