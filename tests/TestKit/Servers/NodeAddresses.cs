namespace Waystation.TestKit.Servers;

/// <summary>The ports of a node that others must know before it runs: its balancer and the other nodes of its farm.</summary>
public sealed record NodeAddresses(int Http, int Admin, int Ssh)
{
    /// <summary>The client address.</summary>
    public string Url => $"http://127.0.0.1:{Http}";

    /// <summary>The admin address.</summary>
    public string AdminUrl => $"http://127.0.0.1:{Admin}";

    /// <summary>Host and port for SSH clients.</summary>
    public string SshAddress => $"127.0.0.1:{Ssh}";

    public static NodeAddresses Find() => new(FreePort.Find(), FreePort.Find(), FreePort.Find());
}
