using System.Text;
using Waystation.Farm.Announcements;

namespace Waystation.Farm.Nodes;

/// <summary>What nodes tell each other about nodes: that the registry has changed, and an operator's wish that one drains.</summary>
internal sealed class NodeAnnouncements
{
    private const string Look = "nodes";
    private const string BeginDrain = "drain";
    private const string EndDrain = "undrain";

    private readonly IAnnouncements _announcements;

    public NodeAnnouncements(IAnnouncements announcements, string ownName, Action look, Action<bool> drain)
    {
        _announcements = announcements;
        announcements.Subscribe(Look, _ => look());
        announcements.Subscribe(BeginDrain, one => DrainIfOwn(one, isDraining: true));
        announcements.Subscribe(EndDrain, one => DrainIfOwn(one, isDraining: false));

        void DrainIfOwn(Announcement one, bool isDraining)
        {
            if (Encoding.UTF8.GetString(one.Content.Span) == ownName)
            {
                drain(isDraining);
            }
        }
    }

    /// <summary>The registry has changed.</summary>
    public void Changed() => _announcements.Announce(Look, ReadOnlyMemory<byte>.Empty);

    /// <summary>An operator wants this node to begin or to end its draining.</summary>
    public void Ask(string name, bool toDrain) => _announcements.Announce(toDrain ? BeginDrain : EndDrain, Encoding.UTF8.GetBytes(name));
}
