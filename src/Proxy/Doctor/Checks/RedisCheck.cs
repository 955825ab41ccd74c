using System.Globalization;
using Waystation.Farm;
using Waystation.Farm.Examining;
using Waystation.Farm.Redis;
using Waystation.Farm.Secrets;
using Waystation.Proxy.Doctor.Reporting;
using Waystation.Proxy.Options;

namespace Waystation.Proxy.Doctor.Checks;

/// <summary>The farm's Redis answers in time, takes what a node sends, and evicts nothing.</summary>
internal sealed class RedisCheck(FarmOptions options) : Check("redis", "")
{
    private static readonly TimeSpan s_slow = FarmRedis.Patience / 2;

    /// <summary>What was seen; null before the end.</summary>
    public FarmSight? Sight { get; private set; }

    public override async Task ExamineAsync(FindingList findings, CancellationToken cancellationToken)
    {
        FarmSecrets? secrets = null;
        try
        {
            secrets = options.SecretFile is { } file ? FarmSecrets.Read(file) : null;
        }
        catch (FarmSecretException e)
        {
            findings.Fail($"Farm:SecretFile: {e.Message}", "write one or two lines, each of at least 32 bytes, the same on every node");
        }

        FarmSight sight = await FarmExamination.LookAsync(options.Target, secrets, cancellationToken);
        Sight = sight;
        string latency = string.Create(CultureInfo.InvariantCulture, $"{sight.Latency.TotalMilliseconds:0.0} ms");
        if (sight.Trouble is { } trouble)
        {
            findings.Fail(
                $"Redis cannot be used: {trouble}",
                "correct Farm:Redis (--redis), Farm:RedisUser and Farm:RedisPasswordFile, or start Redis"
            );
        }
        else if (sight.Refused.Count > 0)
        {
            findings.Fail(
                $"Redis refuses {string.Join(", ", sight.Refused)} to the user of this node",
                "give the user the rights of ACL SETUSER in docs/farm.md"
            );
        }
        else if (sight.Latency > FarmRedis.Patience)
        {
            findings.Fail($"an answer takes {latency}: the nodes go on without Redis", "put Redis near the nodes, or look at its load");
        }
        else if (sight.Latency > s_slow)
        {
            findings.Warn(
                $"an answer takes {latency}; after 50 ms a node goes on without Redis",
                "put Redis near the nodes, or look at its load"
            );
        }
        else
        {
            findings.Ok($"answers in {latency}");
        }

        JudgeMemory(sight, findings);
    }

    private static void JudgeMemory(FarmSight sight, FindingList findings)
    {
        if (sight.MaxMemory <= 0)
        {
            return;
        }

        if (sight.Policy != "noeviction")
        {
            findings.Warn(
                $"Redis evicts keys when its memory is full (maxmemory-policy {sight.Policy}), also refusals that nodes must see",
                "CONFIG SET maxmemory-policy noeviction; what the nodes keep there ends by itself"
            );
        }

        if (sight.UsedMemory > sight.MaxMemory / 10 * 9)
        {
            findings.Warn(
                $"Redis uses {ByteSize.Format(sight.UsedMemory)} of {ByteSize.Format(sight.MaxMemory)}; a full one takes no writes",
                "raise maxmemory, or look for other programs that fill it"
            );
        }
    }
}
