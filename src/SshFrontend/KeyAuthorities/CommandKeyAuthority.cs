using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using Microsoft.Extensions.Logging;
using Waystation.CacheStore.Flights;
using Waystation.CacheStore.Processes;

namespace Waystation.SshFrontend.KeyAuthorities;

/// <summary>
/// A key authority that is a program. Its standard input gets the question as one line of JSON. Exit code 0 with JSON on its standard
/// output is the answer, exit code 1 means that the key is unknown, and every other end is an error. Its standard error goes to the log.
/// </summary>
public sealed class CommandKeyAuthority : IKeyAuthority
{
    /// <summary>The most programs at a time. A crowd of clients waits, so that not each starts a process at once.</summary>
    private const int MaxParallel = 8;

    /// <summary>The bytes of standard error that are read; a program that writes more is killed.</summary>
    private const int MaxErrorLength = 64 << 10;

    private const int UnknownCode = 1;

    private readonly IReadOnlyList<string> _command;
    private readonly TimeSpan _timeout;
    private readonly ILogger _logger;
    private readonly Places _places = new(MaxParallel);

    /// <param name="command">The absolute path of the program and its arguments; it is started without a shell.</param>
    /// <param name="timeout">The time for one question; after it the program is killed with every process that it started.</param>
    /// <param name="logger">Gets the program's standard error.</param>
    public CommandKeyAuthority(IReadOnlyList<string> command, TimeSpan timeout, ILogger<CommandKeyAuthority> logger)
    {
        ArgumentNullException.ThrowIfNull(command);
        if (command.Count == 0 || !Path.IsPathFullyQualified(command[0]))
        {
            throw new ArgumentException("a key authority's command begins with the absolute path of a program", nameof(command));
        }

        _command = command;
        _timeout = timeout;
        _logger = logger;
    }

    /// <inheritdoc />
    public async Task<PrimaryCredential?> FindAsync(KeyQuestion question, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(question);
        using IDisposable place = await _places.EnterAsync(cancellationToken);
        using var late = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        late.CancelAfter(_timeout);
        try
        {
            return await AskAsync(question, late.Token);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw Failed($"no answer within {_timeout.TotalSeconds:0.###} s", e);
        }
    }

    private async Task<PrimaryCredential?> AskAsync(KeyQuestion question, CancellationToken cancellationToken)
    {
        using Process process = Start();
        try
        {
            Task feeding = FeedAsync(process.StandardInput.BaseStream, QuestionWriter.Write(question), cancellationToken);
            Task<byte[]?> errors = ReadAsync(process.StandardError.BaseStream, MaxErrorLength, cancellationToken);
            byte[]? answer = await ReadAsync(process.StandardOutput.BaseStream, CredentialParser.MaxLength, cancellationToken);
            if (answer is null || await errors is not { } words)
            {
                throw Failed("it did not close its standard output");
            }

            await feeding;
            await process.WaitForExitAsync(cancellationToken);
            return AnswerOf(process.ExitCode, answer, Encoding.UTF8.GetString(words).Trim());
        }
        finally
        {
            await EndAsync(process);
        }
    }

    private PrimaryCredential? AnswerOf(int code, byte[] answer, string words)
    {
        if (words.Length > 0)
        {
            // A failed interpreter also exits with 1. Its standard error tells it from an unknown key.
            _logger.AuthoritySaid(_command[0], code, words);
        }

        if (code == UnknownCode)
        {
            return null;
        }

        if (code != 0)
        {
            throw Failed($"exit code {code}");
        }

        try
        {
            return CredentialParser.Parse(answer);
        }
        catch (KeyAuthorityException e)
        {
            throw Failed(e.Message, e);
        }
    }

    private Process Start()
    {
        ProcessStartInfo start = ChildProcess.Prepare(_command[0], _command.Skip(1));
        try
        {
            return Process.Start(start) ?? throw Failed("the program cannot be started");
        }
        catch (Win32Exception e)
        {
            throw Failed($"the program cannot be started: {e.Message}", e);
        }
    }

    private static async Task FeedAsync(Stream input, byte[] question, CancellationToken cancellationToken)
    {
        try
        {
            await using (input)
            {
                await input.WriteAsync(question, cancellationToken);
            }
        }
        catch (IOException)
        {
            // The program has answered without reading the question.
        }
    }

    private static async Task<byte[]?> ReadAsync(Stream output, int maxLength, CancellationToken cancellationToken)
    {
        await using (output)
        {
            return await BoundedReading.ReadAllAsync(output, maxLength, cancellationToken);
        }
    }

    /// <summary>Kills the program if it has not ended, and reaps it.</summary>
    private static async Task EndAsync(Process process)
    {
        ChildProcess.KillTree(process);
        await process.WaitForExitAsync(CancellationToken.None);
    }

    private KeyAuthorityException Failed(string what, Exception? inner = null) => new($"key authority {_command[0]}: {what}", inner);
}
