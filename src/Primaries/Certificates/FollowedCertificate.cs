namespace Waystation.Primaries.Certificates;

/// <summary>
/// One certificate of this node, as its files last were when they could be used. It tells the log when it is about to expire, and when its
/// files are wrong.
/// </summary>
public sealed class FollowedCertificate
{
    /// <summary>How often the files are looked at.</summary>
    public static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan s_warnAhead = TimeSpan.FromDays(30);
    private static readonly TimeSpan s_repeatEvery = TimeSpan.FromDays(1);

    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Lock _gate = new();
    private LoadedCertificate _current;
    private string _digest;
    private string? _seenWrong;
    private string? _toldWrong;
    private long _saidExpiry;
    private long _looked;

    /// <exception cref="CertificateException">The files cannot be used.</exception>
    public FollowedCertificate(CertificateFiles files, TimeProvider time, ILogger logger)
    {
        (Files, _time, _logger) = (files, time, logger);
        CertificateText text = files.Read();
        (_current, _digest, _looked) = (text.Load(), text.Digest, time.GetTimestamp());
        SayExpiry();
    }

    public CertificateFiles Files { get; }

    public LoadedCertificate Current => Volatile.Read(ref _current);

    /// <summary>Whether the files as they are now cannot be used.</summary>
    public bool IsWrong { get; private set; }

    /// <summary>Looks at the files, if the last look is old enough.</summary>
    public void LookIfDue()
    {
        if (_time.GetElapsedTime(Interlocked.Read(ref _looked)) >= LookEvery)
        {
            Look();
        }
    }

    /// <summary>Looks at the files.</summary>
    /// <returns>Whether there is another certificate now.</returns>
    public bool Look()
    {
        lock (_gate)
        {
            Interlocked.Exchange(ref _looked, _time.GetTimestamp());
            return Compare();
        }
    }

    private bool Compare()
    {
        string digest = "";
        try
        {
            CertificateText text = Files.Read();
            digest = text.Digest;
            if (digest == _digest)
            {
                (IsWrong, _seenWrong, _toldWrong) = (false, null, null);
                if (_time.GetElapsedTime(_saidExpiry) >= s_repeatEvery)
                {
                    SayExpiry();
                }

                return false;
            }

            // A handshake may use the old certificate right now, so it is not disposed here; the collector frees it.
            Volatile.Write(ref _current, text.Load());
            (_digest, IsWrong, _seenWrong, _toldWrong) = (digest, false, null, null);
            _logger.CertificateReloaded(Files.Certificate, string.Join(", ", Current.Names));
            SayExpiry();
            return true;
        }
        catch (CertificateException e)
        {
            IsWrong = true;
            string wrong = digest + e.Message;
            // Certificate and key are two files: between the two writes they do not fit, which is no fault. So it is told when it stays.
            if (wrong == _seenWrong && wrong != _toldWrong)
            {
                _toldWrong = wrong;
                _logger.CertificateKept(Files.Certificate, e.Message);
            }

            _seenWrong = wrong;
            return false;
        }
    }

    private void SayExpiry()
    {
        _saidExpiry = _time.GetTimestamp();
        LoadedCertificate certificate = Current;
        DateTimeOffset now = _time.GetUtcNow();
        if (certificate.NotAfter <= now)
        {
            _logger.CertificateExpired(Files.Certificate, certificate.NotAfter.UtcDateTime);
        }
        else if (certificate.NotBefore > now)
        {
            _logger.CertificateNotYetValid(Files.Certificate, certificate.NotBefore.UtcDateTime);
        }
        else if (certificate.NotAfter - now <= s_warnAhead)
        {
            _logger.CertificateExpires(Files.Certificate, (int)(certificate.NotAfter - now).TotalDays, certificate.NotAfter.UtcDateTime);
        }
    }
}
