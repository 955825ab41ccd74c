using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using Waystation.CacheStore.Streams;
using Waystation.FetchCore.Primaries.Errors;
using Waystation.GitProtocol;
using Waystation.GitProtocol.Advertisements;
using Waystation.GitProtocol.PktLines;
using Waystation.GitProtocol.Responses;
using Waystation.Primaries.Gate;
using Waystation.Primaries.Ssh.Keys;

namespace Waystation.Primaries.Ssh.UploadPack;

/// <summary>
/// A <c>git-upload-pack</c> that runs at the primary and has sent its first bytes.
/// <code>
///   v2     advertisement │ command ► response … flush │ command ► response … flush │ … (AskAsync, one at a time)
///   v0/v1  advertisement ► the client's request ◄► …                                  (Output from its first byte, Input)
/// </code>
/// </summary>
public sealed class SshUploadPack : IAsyncDisposable
{
    /// <summary>After the end of its input, a command must end within this time, or it is killed.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(2);

    private static readonly StreamPipeReaderOptions s_options = new(bufferSize: 64 * 1024, minimumReadSize: 16 * 1024);

    private readonly SshChannel _channel;
    private readonly ErrorTail _error;

    private SshUploadPack(SshChannel channel, PrimaryHealth health)
    {
        _channel = channel;
        _error = new ErrorTail(channel.Error);
        Output = PipeReader.Create(new WatchedStream(channel.Output, check: null, health, PrimaryGate.Patience), s_options);
    }

    /// <summary>The version that the primary speaks, which may be less than was asked for: 0, 1 or 2.</summary>
    public int Version { get; private set; }

    /// <summary>v2: the primary's capabilities, already read from <see cref="Output"/>.</summary>
    public CapabilityAdvertisement? Capabilities { get; private set; }

    /// <summary>The primary's output: v0 and v1 from its first byte, v2 from behind the advertisement.</summary>
    public PipeReader Output { get; }

    /// <summary>The primary's input; disposing it marks the end of the input.</summary>
    public Stream Input => _channel.Input;

    /// <summary>The agent's key that the primary accepted; null when it is not known (<see cref="SshChannel.AcceptedKey"/>).</summary>
    public SshPublicKey? AcceptedKey => _channel.AcceptedKey;

    /// <inheritdoc cref="SshChannel.Exit"/>
    public Task<SshExit> Exit => _channel.Exit;

    /// <summary>The end of the primary's standard error.</summary>
    public string ErrorText => _error.Text;

    /// <summary>Starts the command and waits for its first bytes.</summary>
    /// <param name="channel">The channel. This owns it from now on, and disposes it unless the command runs.</param>
    /// <param name="health">The primary's health: after each silence the node probes the primary.</param>
    /// <param name="cancellationToken">Ends the waiting, and the channel with it.</param>
    /// <exception cref="PrimaryException">The bytes are not Git's protocol.</exception>
    public static async Task<SshOpening> OpenAsync(SshChannel channel, PrimaryHealth health, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(channel);
        var opened = new SshUploadPack(channel, health);
        bool keep = false;
        try
        {
            string? complaint = await opened.ReadAdvertisementAsync(cancellationToken);
            keep = complaint is null && opened.Version >= 0;
            return keep ? new SshOpening.Opened(opened)
                : complaint is not null ? new SshOpening.Complained(complaint)
                : await opened.WhyAsync();
        }
        finally
        {
            if (!keep)
            {
                await opened.DisposeAsync();
            }
        }
    }

    /// <summary>Whether another command may be sent: the primary speaks v2, and the connection is not known to be broken.</summary>
    internal bool IsUsable => Version == 2 && !_channel.Exit.IsCompleted;

    /// <summary>Sends one v2 command. Complete the response before the next command.</summary>
    /// <exception cref="IOException">The connection is gone.</exception>
    public async Task<ResponseBody> AskAsync(ReadOnlyMemory<byte> command, CancellationToken cancellationToken)
    {
        await Input.WriteAsync(command, cancellationToken);
        await Input.FlushAsync(cancellationToken);
        return new ResponseBody(Output);
    }

    /// <summary>v0 and v1: skips a section that is known and ends with a flush-pkt: the advertisement, or a boundary that the client has
    /// got.</summary>
    public async Task PassSectionAsync(CancellationToken cancellationToken)
    {
        var section = new ResponseBody(Output);
        await section.ReadToEndAsync(cancellationToken);
        await section.CompleteAsync();
    }

    /// <summary>v0 and v1: sends a whole request. The reply closes this, and so does a failure.</summary>
    /// <exception cref="PrimaryException">The connection is gone.</exception>
    public async Task<SshPrimaryReply> ReplyAsync(ReadOnlyMemory<byte> request, long askedAt, CancellationToken cancellationToken)
    {
        try
        {
            await Input.WriteAsync(request, cancellationToken);
            await Input.FlushAsync(cancellationToken);
            ReadResult read = await Output.ReadAsync(cancellationToken);
            if (read.IsCompleted && read.Buffer.IsEmpty)
            {
                throw new PrimaryException("the SSH connection to the primary ended early");
            }

            Output.AdvanceTo(read.Buffer.Start);
            return SshPrimaryReply.Answer(Output, this, askedAt);
        }
        catch (Exception e)
        {
            await DisposeAsync();
            throw e is IOException and not PrimaryException ? new PrimaryException("the SSH connection to the primary ended early", e) : e;
        }
    }

    /// <summary>Ends the input, and kills the command if it does not end.</summary>
    public async ValueTask CloseAsync()
    {
        try
        {
            await Input.DisposeAsync();
            await _channel.Exit.WaitAsync(s_patience);
        }
        catch (Exception e) when (e is IOException or TimeoutException)
        {
            // It is ended below.
        }

        await DisposeAsync();
    }

    /// <summary>Kills the command at once.</summary>
    public async ValueTask DisposeAsync()
    {
        _channel.Kill();
        await _error.Ended;
        await Output.CompleteAsync();
        await _channel.DisposeAsync();
    }

    /// <summary>Null when the advertisement was read, or the end met with <see cref="Version"/> -1; else the text of an ERR
    /// packet.</summary>
    private async Task<string?> ReadAdvertisementAsync(CancellationToken cancellationToken)
    {
        Version = -1;
        while (true)
        {
            ReadResult read = await Output.ReadAsync(cancellationToken);
            ReadOnlySequence<byte> rest = read.Buffer;
            try
            {
                if (PktLineReader.TryRead(ref rest, out PktLine first))
                {
                    if (first.TryStripPrefix(Keywords.Err, out ReadOnlySequence<byte> text))
                    {
                        return Encoding.UTF8.GetString(text);
                    }

                    Version =
                        first.TextIs(Keywords.Version2) ? 2
                        : first.TextIs(Keywords.Version1) ? 1
                        : 0;
                    if (Version < 2 || TryTakeCapabilities(read.Buffer, ref rest))
                    {
                        Output.AdvanceTo(Version < 2 ? read.Buffer.Start : rest.Start);
                        return null;
                    }
                }
            }
            catch (GitProtocolException e)
            {
                throw new PrimaryException($"the primary does not speak Git over SSH: {e.Message}", e);
            }

            Output.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            if (read.IsCompleted || read.Buffer.Length > CapabilityAdvertisement.MaxLength)
            {
                Version = -1;
                return null;
            }
        }
    }

    private bool TryTakeCapabilities(in ReadOnlySequence<byte> all, ref ReadOnlySequence<byte> rest)
    {
        while (PktLineReader.TryRead(ref rest, out PktLine packet))
        {
            if (packet.Kind == PktLineKind.Flush)
            {
                Capabilities = CapabilityAdvertisement.TryParse(all.Slice(0, rest.Start).ToArray(), out CapabilityAdvertisement? parsed)
                    ? parsed
                    : throw new PrimaryException("the primary's capability advertisement cannot be read");
                return true;
            }
        }

        return false;
    }

    private async Task<SshOpening> WhyAsync()
    {
        // The streams have ended, so the command has or is about to.
        SshExit exit;
        try
        {
            exit = await _channel.Exit.WaitAsync(s_patience);
        }
        catch (TimeoutException)
        {
            exit = new SshExit(SshOutcome.Lost, 255, "the primary stopped speaking", "");
        }

        await _error.Ended;
        return new SshOpening.Failed(exit, ErrorText);
    }
}
