namespace Waystation.TestKit.Servers;

/// <summary>Takes what all nodes of a test run export, and looks for secrets in it.</summary>
internal static class ExportSearch
{
    private static readonly Lazy<Task<OtlpReceiver>> s_receiver = new(static () => OtlpReceiver.StartAsync(isGrpc: false, Search));

    private static volatile string? s_found;

    /// <summary>
    /// The settings of a node that exports its traces, metrics and logs here. It does so often, because most nodes of tests live short.
    /// </summary>
    public static async Task<Dictionary<string, string>> EnvironmentAsync() =>
        new Dictionary<string, string>
        {
            ["WAYSTATION__Telemetry__OtlpUrl"] = (await s_receiver.Value).Url,
            ["WAYSTATION__Telemetry__OtlpProtocol"] = "http",
            ["OTEL_BSP_SCHEDULE_DELAY"] = "100",
            ["OTEL_BLRP_SCHEDULE_DELAY"] = "100",
        };

    /// <exception cref="InvalidOperationException">A node of this test run has exported a secret.</exception>
    public static void AssertNoSecret()
    {
        if (s_found is { } found)
        {
            throw new InvalidOperationException(found);
        }
    }

    private static void Search(OtlpMessage message)
    {
        if (Secrets.FindIn(message.Text) is { } found)
        {
            s_found ??= $"an export to {message.Path} has a secret: …{found}…";
        }
    }
}
