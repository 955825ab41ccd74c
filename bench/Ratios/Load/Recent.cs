namespace Waystation.Ratios.Load;

/// <summary>The tips that workers saw, newest last: an earlier one may be in a job's workspace.</summary>
internal sealed class Recent
{
    private const int Most = 8;

    private readonly Lock _gate = new();
    private readonly List<string> _tips = [];

    public void Show(string tip)
    {
        lock (_gate)
        {
            // An answer that was overtaken shows an old one.
            if (_tips.Contains(tip))
            {
                return;
            }

            _tips.Add(tip);
            if (_tips.Count > Most)
            {
                _tips.RemoveAt(0);
            }
        }
    }

    /// <summary>One of the newest, and one that came before it; null while there are not two.</summary>
    public (string Want, string Have)? Pick(Random random)
    {
        lock (_gate)
        {
            if (_tips.Count < 2)
            {
                return null;
            }

            int want = random.Next(Math.Max(1, _tips.Count - 3), _tips.Count);
            return (_tips[want], _tips[random.Next(want)]);
        }
    }
}
