using System.Text.Json.Serialization;

namespace Waystation.Proxy.Doctor.Reporting;

/// <summary>What a line of the doctor says.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<FindingState>))]
internal enum FindingState
{
    /// <summary>As it should be.</summary>
    [JsonStringEnumMemberName("ok")]
    Ok,

    /// <summary>It works, but something costs time or is about to fail.</summary>
    [JsonStringEnumMemberName("warning")]
    Warning,

    /// <summary>It does not work.</summary>
    [JsonStringEnumMemberName("fail")]
    Fail,

    /// <summary>Not looked at.</summary>
    [JsonStringEnumMemberName("skipped")]
    Skipped,
}
