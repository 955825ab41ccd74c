using System.Net;
using Waystation.Proxy.Options;

namespace Waystation.Proxy.Doctor;

/// <summary>What the doctor is to look at.</summary>
internal sealed record DoctorQuestion
{
    /// <summary>The settings, as far as they are right.</summary>
    public required NodeOptions Options { get; init; }

    /// <summary>What is wrong with the settings.</summary>
    public IReadOnlyList<string> Problems { get; init; } = [];

    /// <summary>Whether the node of these settings is, or will be, on this machine.</summary>
    public required bool IsOnNode { get; init; }

    /// <summary>A repository of the primary to ask for; null if none is named.</summary>
    public string? Repository { get; init; }

    /// <summary>The URL of a node elsewhere; null if there is none to look at.</summary>
    public Uri? Node { get; init; }

    /// <summary>The SSH address of a node elsewhere; null if there is none to look at.</summary>
    public DnsEndPoint? NodeSsh { get; init; }
}
