namespace Waystation.Proxy.Doctor.Looks;

/// <summary>What a server is to the one who runs the doctor.</summary>
internal enum ServerRole
{
    /// <summary>A primary.</summary>
    Primary,

    /// <summary>An address of the node on this machine.</summary>
    OwnAddress,

    /// <summary>A node that this machine is a client of.</summary>
    Node,
}
