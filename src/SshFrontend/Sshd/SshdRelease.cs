namespace Waystation.SshFrontend.Sshd;

/// <summary>The sshd releases from which on new options can be used; each includes the options of the earlier ones.</summary>
internal enum SshdRelease
{
    /// <summary>Any that is in use.</summary>
    Old,

    /// <summary>8.5: bounds by address.</summary>
    BoundsAddresses,

    /// <summary>9.2: ends connections on which nothing is open.</summary>
    ClosesIdle,

    /// <summary>9.8: refuses for a while addresses whose connections come to nothing.</summary>
    Penalizes,
}
