namespace Waystation.Proxy.Dashboard.Sessions;

/// <summary>What an operator may do.</summary>
internal enum OperatorRight
{
    /// <summary>Nothing before the login.</summary>
    None,

    /// <summary>To look.</summary>
    Look,

    /// <summary>To look and to change something.</summary>
    Act,
}
