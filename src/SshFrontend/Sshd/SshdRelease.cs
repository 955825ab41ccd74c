namespace Waystation.SshFrontend.Sshd;

/// <summary>From which release on sshd knows what of its configuration; each knows what the earlier ones do.</summary>
internal enum SshdRelease
{
    /// <summary>Any that is in use.</summary>
    Old,

    /// <summary>8.5: bounds by address.</summary>
    BoundsAddresses,

    /// <summary>9.2: ends connections on which nothing is open.</summary>
    ClosesIdle,

    /// <summary>9.8: turns away for a while addresses whose connections come to nothing.</summary>
    Penalizes,
}
