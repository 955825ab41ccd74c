using System.IO.Pipelines;
using System.Text;
using Waystation.FetchCore.Observing;
using Waystation.SshFrontend.Relays;

namespace Waystation.SshFrontend.Channels;

/// <summary>The client's end of a session: its standard input, output and error, as pipes.</summary>
internal sealed class ClientChannel : IAsyncDisposable
{
    private static readonly StreamPipeReaderOptions s_reading = new(bufferSize: 64 * 1024, minimumReadSize: 16 * 1024, leaveOpen: true);
    private static readonly StreamPipeWriterOptions s_writing = new(minimumBufferSize: 64 * 1024, leaveOpen: true);

    private readonly RelaySession _session;
    private readonly ObservedStream _output;

    public ClientChannel(RelaySession session)
    {
        _session = session;
        _output = new ObservedStream(session.Output);
        Input = PipeReader.Create(session.Input, s_reading);
        Output = PipeWriter.Create(_output, s_writing);
    }

    /// <summary>The client's address; null if it is not known.</summary>
    public string? Address => _session.Address?.ToString();

    /// <summary>The client's bytes.</summary>
    public PipeReader Input { get; }

    /// <summary>The output to the client. Nothing leaves before a flush.</summary>
    public PipeWriter Output { get; }

    /// <summary>The fetch whose response of the primary passes now; null if there is none.</summary>
    public ObservedFetch? Passing
    {
        get => _output.Fetch;
        set => _output.Fetch = value;
    }

    /// <summary>Writes bytes to the client, at once.</summary>
    /// <exception cref="IOException">The client is gone.</exception>
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) =>
        await Output.WriteAsync(bytes, cancellationToken);

    /// <summary>Writes text to the client's standard error. It is no failure if the client does not read it.</summary>
    public async ValueTask SayAsync(string text, CancellationToken cancellationToken)
    {
        try
        {
            if (text.Length > 0)
            {
                await _session.Error.WriteAsync(Encoding.UTF8.GetBytes(text), cancellationToken);
            }
        }
        catch (IOException)
        {
            // The client has closed its standard error, or is gone.
        }
    }

    /// <summary>Writes the end of the session, and returns its exit code.</summary>
    public async ValueTask<int> EndAsync(SessionEnd end, CancellationToken cancellationToken)
    {
        if (!end.Packet.IsEmpty)
        {
            await WriteAsync(end.Packet, cancellationToken);
        }

        await SayAsync(end.ErrorText, cancellationToken);
        return end.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        await Input.CompleteAsync();
        await Output.CompleteAsync();
        await _output.DisposeAsync();
    }
}
