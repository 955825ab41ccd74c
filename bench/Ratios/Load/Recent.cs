namespace Waystation.Ratios.Load;

/// <summary>The tips that workers were shown, newest last: what a job's workspace may hold from before.</summary>
internal sealed class Recent
{
    private const int Most = 8;

    private readonly Lock gate = new();
    private readonly List<string> tips = [];

    public void Show(string tip)
    {
        lock (gate)
        {
            // An answer that was overtaken shows an old one.
            if (tips.Contains(tip))
                return;
            tips.Add(tip);
            if (tips.Count > Most)
                tips.RemoveAt(0);
        }
    }

    /// <summary>One of the newest, and one that came before it; null while there are not two.</summary>
    public (string Want, string Have)? Pick(Random random)
    {
        lock (gate)
        {
            if (tips.Count < 2)
                return null;
            int want = random.Next(Math.Max(1, tips.Count - 3), tips.Count);
            return (tips[want], tips[random.Next(want)]);
        }
    }
}
