using System.CommandLine;
using System.Net;
using Waystation.Primaries;
using Waystation.Proxy.Doctor;
using Waystation.Proxy.Doctor.Reporting;
using Waystation.Proxy.Options;
using Waystation.Proxy.Options.Reading;

namespace Waystation.Proxy.Commands;

/// <summary>
/// <c>waystation doctor</c>. With a data folder in the settings it is on the machine of the node; without one it looks at a primary, and at
/// a node, from any machine.
/// </summary>
internal sealed class DoctorCommand
{
    private readonly Option<string?> _repository = new("--repository")
    {
        Description = "A repository of the primary to ask for.",
        HelpName = "PATH",
    };

    private readonly Option<string?> _node = new("--node")
    {
        Description = "Without a data folder: the URL of a node, to look at it as its clients do.",
        HelpName = "URL",
    };

    private readonly Option<string?> _nodeSsh = new("--node-ssh")
    {
        Description = "Without a data folder: the SSH address of a node.",
        HelpName = "HOST:PORT",
    };

    private readonly Option<bool> _json = new("--json") { Description = "Prints the findings as JSON." };
    private readonly SettingOptions _settings;

    private DoctorCommand(Command command)
    {
        command.Add(_repository);
        command.Add(_node);
        command.Add(_nodeSsh);
        command.Add(_json);
        _settings = new SettingOptions(command);
        command.SetAction(RunAsync);
    }

    public static Command Create()
    {
        var command = new Command(
            "doctor",
            "Looks at a node, its primary and all between them, and says what to do. It reads the same settings as serve."
        );
        _ = new DoctorCommand(command);
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        try
        {
            Report report = await NodeDoctor.ExamineAsync(QuestionOf(parsed), cancellationToken);
            await Console.Out.WriteLineAsync(parsed.GetValue(_json) ? report.ToJson() : report.ToText());
            return report.ExitCode;
        }
        catch (SettingsException e)
        {
            return await ServeCommand.WrongAsync(e.Problems);
        }
    }

    /// <exception cref="SettingsException">There is nothing to look at, or an option is wrong.</exception>
    private DoctorQuestion QuestionOf(ParseResult parsed)
    {
        const string Data = nameof(NodeOptions.Data);
        IConfigurationRoot configuration = _settings.Read(parsed, isFollowed: false);
        bool isOnNode = configuration[Data] is { Length: > 0 };
        if (!isOnNode)
        {
            // A machine without a node needs no folder; nothing looks at this one.
            configuration = new ConfigurationBuilder()
                .AddConfiguration(configuration)
                .AddInMemoryCollection([new(Data, Path.GetTempPath())])
                .Build();
        }

        (NodeOptions options, IReadOnlyList<string> problems) = OptionsReader.ReadAll(configuration);
        if (options.Primaries.Any(static primary => primary.Url is null))
        {
            throw new SettingsException(problems);
        }

        return new DoctorQuestion
        {
            Options = options,
            Problems = problems,
            IsOnNode = isOnNode,
            Repository = parsed.GetValue(_repository)?.Trim('/'),
            Node = UrlOf(parsed.GetValue(_node)),
            NodeSsh = SshOf(parsed.GetValue(_nodeSsh)),
        };
    }

    private static Uri? UrlOf(string? text) =>
        text is null ? null
        : Uri.TryCreate(text, UriKind.Absolute, out Uri? url) && new ServerUrlAttribute().IsValid(url) ? url
        : throw new SettingsException([
            $"--node {text}: accepted is an http:// or https:// URL without a path, such as https://git.example.com",
        ]);

    private static DnsEndPoint? SshOf(string? text) =>
        text is null ? null
        : Endpoints.TryParseHost(text, out DnsEndPoint? address) ? (address.Port == 0 ? new DnsEndPoint(address.Host, 22) : address)
        : throw new SettingsException([$"--node-ssh {text}: accepted is {Endpoints.HostAccepted}"]);
}
