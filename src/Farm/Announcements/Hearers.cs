namespace Waystation.Farm.Announcements;

/// <summary>The parts of this node that want to hear announcements.</summary>
internal sealed class Hearers(ILogger logger)
{
    private readonly Lock _gate = new();
    private readonly List<(string Kind, Action<Announcement> Hear)> _hearers = [];
    private readonly List<Action> _forgetters = [];

    public void Add(string kind, Action<Announcement> hear)
    {
        lock (_gate)
        {
            _hearers.Add((kind, hear));
        }
    }

    public void AddForgetter(Action forget)
    {
        lock (_gate)
        {
            _forgetters.Add(forget);
        }
    }

    public void Hear(Announcement announcement)
    {
        (string Kind, Action<Announcement> Hear)[] hearers;
        lock (_gate)
        {
            hearers = [.. _hearers.Where(one => one.Kind == announcement.Kind)];
        }

        foreach ((_, Action<Announcement> hear) in hearers)
        {
            Call(() => hear(announcement), announcement.Kind);
        }
    }

    public void Forget()
    {
        Action[] forgetters;
        lock (_gate)
        {
            forgetters = [.. _forgetters];
        }

        foreach (Action forget in forgetters)
        {
            Call(forget, "missed");
        }
    }

    /// <summary>A fault of one part must not keep the others from hearing.</summary>
    private void Call(Action part, string kind)
    {
        try
        {
            part();
        }
#pragma warning disable CA1031 // Any fault is logged.
        catch (Exception e)
#pragma warning restore CA1031
        {
            logger.HearingFailed(kind, e);
        }
    }
}
