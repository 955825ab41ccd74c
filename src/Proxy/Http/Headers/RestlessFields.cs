using Microsoft.Extensions.Primitives;
using Waystation.CacheStore.Flights;
using Waystation.Proxy.Telemetry;

namespace Waystation.Proxy.Http.Headers;

/// <summary>
/// Finds a header field that makes each request of a client look like a new login: a request number that something in front of the node
/// adds, and that the node does not know. It changes nothing; the log names the field to the operator, once.
/// </summary>
internal sealed class RestlessFields(TimeProvider time, ILogger<RestlessFields> logger)
{
    /// <summary>
    /// The number of requests in a row, each with a value that none of the others had. A login repeats within the three requests of a
    /// clone.
    /// </summary>
    private const int Streak = 16;

    /// <summary>Guards memory: watched addresses, fields of one address, and fields reported since the start.</summary>
    private const int MaxClients = 1_024;
    private const int MaxFields = 8;
    private const int MaxTold = 16;

    /// <summary>The longest time between two requests of a streak.</summary>
    private static readonly TimeSpan s_memory = TimeSpan.FromHours(1);

    /// <summary>These identify the client, however often they change.</summary>
    private static readonly HashSet<string> s_logins = new(StringComparer.OrdinalIgnoreCase) { "Authorization", "Cookie" };

    private readonly Lock _gate = new();
    private readonly RecentMap<string, Dictionary<string, List<int>>> _clients = new(MaxClients, s_memory, time);
    private readonly HashSet<string> _told = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Checks the fields of one request that count as its login.</summary>
    /// <param name="address">The client's address.</param>
    /// <param name="fields">Each field with its value.</param>
    public void See(string address, IEnumerable<KeyValuePair<string, StringValues>> fields)
    {
        foreach ((string name, StringValues values) in fields)
        {
            if (!s_logins.Contains(name) && IsRestless(address, name, values.ToString().GetHashCode(StringComparison.Ordinal)))
            {
                logger.FieldRestless(address, name);
            }
        }
    }

    /// <summary>True once for each field.</summary>
    private bool IsRestless(string address, string name, int value)
    {
        lock (_gate)
        {
            if (_told.Count >= MaxTold || _told.Contains(name))
            {
                return false;
            }

            List<int> values = ValuesOf(address, name);
            if (values.Contains(value))
            {
                values.Clear();
            }

            values.Add(value);
            return values.Count >= Streak && _told.Add(name);
        }
    }

    private List<int> ValuesOf(string address, string name)
    {
        Dictionary<string, List<int>> fields = _clients.Update(
            address,
            static known => known ?? new Dictionary<string, List<int>>(StringComparer.OrdinalIgnoreCase)
        );
        if (!fields.TryGetValue(name, out List<int>? values))
        {
            if (fields.Count >= MaxFields)
            {
                fields.Remove(fields.Keys.First());
            }

            fields[name] = values = [];
        }

        return values;
    }
}
