namespace Waystation.TestKit.Servers.Lfs;

/// <summary>The fault that is in effect, and how often it has happened.</summary>
internal sealed class LfsFaults
{
    private readonly Lock _gate = new();
    private LfsFault _fault = LfsFault.None;
    private int _happened;

    public void Set(LfsFault fault)
    {
        lock (_gate)
        {
            (_fault, _happened) = (fault, 0);
        }
    }

    /// <summary>The fault that this request meets.</summary>
    public LfsFault Take(LfsRequest request)
    {
        lock (_gate)
        {
            if (_fault.Kind == LfsFaultKind.None || !_fault.Concerns(request) || _happened >= _fault.Times)
            {
                return LfsFault.None;
            }

            _happened++;
            return _fault;
        }
    }
}
