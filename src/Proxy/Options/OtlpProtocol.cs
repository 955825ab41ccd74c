namespace Waystation.Proxy.Options;

/// <summary>The transport of OTLP.</summary>
internal enum OtlpProtocol
{
    /// <summary>gRPC.</summary>
    Grpc,

    /// <summary>Protobuf over HTTP.</summary>
    Http,
}
