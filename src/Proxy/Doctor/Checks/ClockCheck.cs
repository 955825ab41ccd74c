using System.Globalization;
using Waystation.Proxy.Doctor.Looks;
using Waystation.Proxy.Doctor.Reporting;

namespace Waystation.Proxy.Doctor.Checks;

/// <summary>The clocks of this machine and of the primary agree.</summary>
internal sealed class ClockCheck(GitServer server, HttpCheck http) : Check("clock", server.Name, http)
{
    /// <summary>The field <c>Date</c> has whole seconds, and a balancer may keep an answer for a moment.</summary>
    private static readonly TimeSpan s_usual = TimeSpan.FromSeconds(5);

    /// <summary>From here on signed URLs and the questions of other nodes fail.</summary>
    private static readonly TimeSpan s_far = TimeSpan.FromMinutes(1);

    public override Task ExamineAsync(FindingList findings, CancellationToken cancellationToken)
    {
        if (http.Date is not { } date)
        {
            findings.Skip("the answer has no Date");
            return Task.CompletedTask;
        }

        TimeSpan ahead = http.AnsweredAt - date;
        TimeSpan off = ahead > TimeSpan.Zero ? ahead - http.Took : -ahead;
        string words = string.Create(
            CultureInfo.InvariantCulture,
            $"this machine's clock is {ahead.Duration().TotalSeconds:0} s {(ahead > TimeSpan.Zero ? "ahead of" : "behind")} the primary's"
        );
        const string Remedy = "set this machine's clock by NTP (timedatectl), or tell the primary's operator that its clock is wrong";
        if (off > s_far)
        {
            findings.Fail(words, Remedy);
        }
        else if (off > s_usual)
        {
            findings.Warn(words, Remedy);
        }
        else
        {
            findings.Ok("agrees with the primary's within 5 s");
        }

        return Task.CompletedTask;
    }
}
