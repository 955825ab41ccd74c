namespace Waystation.TestKit.Servers;

/// <summary>A load balancer in front of several nodes, which takes them in turns.</summary>
public interface IBalancer : IAsyncDisposable
{
    /// <summary>The address for clients over HTTP.</summary>
    Uri Url { get; }

    /// <summary>Host and port for SSH clients.</summary>
    string Ssh { get; }
}
