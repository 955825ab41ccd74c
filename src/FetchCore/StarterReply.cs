using Waystation.FetchCore.Primaries;

namespace Waystation.FetchCore;

/// <summary>
/// Hands what the primary said to the one who started a fill, and to nobody else: a refusal concerns the starter's
/// credential only. The starter may have left by then.
/// </summary>
internal sealed class StarterReply
{
    private readonly Lock _gate = new();
    private PrimaryReply? _reply;
    private bool _left;

    /// <summary>The primary could not be reached.</summary>
    public PrimaryException? Failure { get; private set; }

    /// <summary>How the answer is made, once it has begun.</summary>
    public FetchOutcome Outcome { get; set; } = FetchOutcome.Forward;

    /// <summary>Gives a reply away; false where nobody is there to take it.</summary>
    public bool TryGive(PrimaryReply reply)
    {
        lock (_gate)
        {
            if (_left)
            {
                return false;
            }

            _reply = reply;
            return true;
        }
    }

    public void Give(PrimaryException failure) => Failure = failure;

    public PrimaryReply? Take()
    {
        lock (_gate)
        {
            PrimaryReply? reply = _reply;
            _reply = null;
            return reply;
        }
    }

    /// <summary>The starter has gone, or needs no reply any more.</summary>
    public async ValueTask LeaveAsync()
    {
        PrimaryReply? reply;
        lock (_gate)
        {
            _left = true;
            reply = _reply;
            _reply = null;
        }

        if (reply is not null)
        {
            await reply.DisposeAsync();
        }
    }
}
