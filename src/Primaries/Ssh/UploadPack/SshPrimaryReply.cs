using System.Buffers;
using System.IO.Pipelines;
using Waystation.FetchCore.Primaries;
using Waystation.FetchCore.Primaries.Errors;
using Waystation.GitProtocol.PktLines;
using Waystation.GitProtocol.Responses;

namespace Waystation.Primaries.Ssh.UploadPack;

/// <summary>
/// A reply over SSH. A refusal has no body, or its ERR packet as body. <see cref="ErrorText"/> and <see cref="ExitCode"/> are those that
/// the user would have seen from the primary itself.
/// </summary>
public sealed class SshPrimaryReply : PrimaryReply
{
    private readonly ResponseBody? _answer;
    private readonly Func<bool, ValueTask> _leave;
    private readonly bool _isRefusal;
    private IDisposable? _place;

    private SshPrimaryReply(long askedAt, PipeReader body, bool isRefusal)
        : this(askedAt, body, answer: null, static _ => ValueTask.CompletedTask) => _isRefusal = isRefusal;

    private SshPrimaryReply(long askedAt, PipeReader body, ResponseBody? answer, Func<bool, ValueTask> leave)
    {
        AskedAt = askedAt;
        Body = body;
        _answer = answer;
        _leave = leave;
    }

    /// <inheritdoc />
    public override bool IsAnswer => !IsRefusal && !IsComplaint;

    /// <inheritdoc />
    public override bool IsRefusal => _isRefusal;

    /// <inheritdoc />
    public override long AskedAt { get; }

    /// <inheritdoc />
    public override PipeReader Body { get; }

    /// <summary>Whether the primary sent an ERR packet, which is the body.</summary>
    public bool IsComplaint { get; private init; }

    /// <inheritdoc />
    public override string? Complaint => IsComplaint ? ErrorText : null;

    /// <summary>The primary's standard error, or one line if the primary accepted none of the keys.</summary>
    public string ErrorText { get; private init; } = "";

    /// <summary>The exit code for the client: 0 with a response, else the primary's own.</summary>
    public int ExitCode { get; private init; }

    internal static SshPrimaryReply Answer(ResponseBody body, long askedAt, Func<bool, ValueTask> leave) => new(askedAt, body, body, leave);

    /// <summary>A response whose bytes are in memory.</summary>
    internal static SshPrimaryReply Answer(ReadOnlyMemory<byte> body, long askedAt) =>
        new(askedAt, PipeReader.Create(new(body)), isRefusal: false);

    /// <summary>A response that ends with its stream.</summary>
    internal static SshPrimaryReply Answer(PipeReader body, SshUploadPack uploadPack, long askedAt) =>
        new(askedAt, body, answer: null, _ => uploadPack.DisposeAsync());

    /// <summary>The reply for an opening that failed.</summary>
    public static SshPrimaryReply NoOf(SshOpening opening, long askedAt) =>
        opening switch
        {
            SshOpening.Failed failed => Refused(failed, askedAt),
            SshOpening.Complained complained => Complained(complained.Text.TrimEnd('\n'), ErrorPacket(complained.Text), askedAt),
            _ => throw new System.Diagnostics.UnreachableException(),
        };

    internal static SshPrimaryReply Refused(SshOpening.Failed failed, long askedAt) =>
        new(askedAt, PipeReader.Create(Stream.Null), isRefusal: true)
        {
            ErrorText = failed.Exit.Outcome == SshOutcome.Ended ? failed.Error : failed.Exit.Message + "\n",
            ExitCode = failed.Exit.Code,
        };

    internal static SshPrimaryReply Complained(string text, ReadOnlyMemory<byte> packet, long askedAt) =>
        new(askedAt, PipeReader.Create(new(packet)), ErrorLines.MeaningOf(text) == ErrorMeaning.Refusal)
        {
            IsComplaint = true,
            ErrorText = text,
            ExitCode = 128,
        };

    private static ReadOnlyMemory<byte> ErrorPacket(string text)
    {
        var written = new ArrayBufferWriter<byte>();
        PktLineWriter.WriteError(written, text.TrimEnd('\n'));
        return written.WrittenMemory;
    }

    /// <summary>Keeps a place at the primary as long as this reply.</summary>
    public SshPrimaryReply Holding(IDisposable place)
    {
        _place = place;
        return this;
    }

    /// <inheritdoc />
    public override async ValueTask DisposeAsync()
    {
        try
        {
            await Body.CompleteAsync();
            await _leave(_answer?.IsWhole ?? false);
        }
        finally
        {
            _place?.Dispose();
        }
    }
}
