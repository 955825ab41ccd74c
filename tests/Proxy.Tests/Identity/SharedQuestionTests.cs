using System.Globalization;
using System.Net.Http.Headers;
using Microsoft.AspNetCore.Http;
using Waystation.Proxy.Tests.Servers;
using Waystation.TestKit.Servers;
using Waystation.TestKit.Wire;

namespace Waystation.Proxy.Tests.Identity;

/// <summary>Equal questions for refs share the refs, and nothing that the primary wrote for one client.</summary>
public sealed class SharedQuestionTests(GitFront front) : IClassFixture<GitFront>
{
    private const int Crowd = 8;

    [Fact]
    public async Task Refs_AreShared_AndNobodysCookieIs()
    {
        (string repository, GitScript script) = front.Serve();
        Answers answers = await AskTogetherAsync(
            repository,
            WaitingCrowdAsync,
            (context, number) =>
            {
                context.Response.Headers.SetCookie = $"session={number}";
                context.Response.Headers.Append("X-Own", $"{number}");
                return script.HandleAsync(context);
            }
        );

        Assert.All(answers.Bodies, body => Assert.Contains("refs/heads/main", body, StringComparison.Ordinal));
        Assert.Equal(2, script.LsRefs);
        Assert.Equal(answers.Of("Set-Cookie").Distinct(), answers.Of("Set-Cookie"));
        Assert.Equal(answers.Of("X-Own").Distinct(), answers.Of("X-Own"));
    }

    [Theory]
    [InlineData(StatusCodes.Status302Found, "Location")]
    [InlineData(StatusCodes.Status401Unauthorized, "WWW-Authenticate")]
    [InlineData(StatusCodes.Status403Forbidden, "X-Own")]
    public async Task AnswerThatIsNotRefs_IsItsAskersAlone(int status, string field)
    {
        (string repository, _) = front.Serve();
        Answers answers = await AskTogetherAsync(
            repository,
            WaitingCrowdAsync,
            async (context, number) =>
            {
                await context.Request.Body.CopyToAsync(Stream.Null);
                context.Response.StatusCode = status;
                context.Response.Headers[field] =
                    field == "Location" ? $"http://elsewhere.example.test/{number}" : $"Basic realm=\"{number}\"";
            }
        );

        Assert.Equal(Crowd + 1, answers.Of(field).Distinct().Count());
    }

    [Theory]
    [InlineData("User-Agent", "git/1.{0}")]
    [InlineData("Accept-Language", "x-{0}")]
    [InlineData("Host", "name{0}.example.test")]
    [InlineData("Cache-Control", "max-age={0}")]
    public async Task Questions_ThatThePrimaryCanTellApart_AreAskedEach(string name, string value)
    {
        (string repository, GitScript script) = front.Serve();
        await AskTogetherAsync(repository, AskedCrowdAsync, (context, _) => script.HandleAsync(context), name, value);

        Assert.Equal(Crowd + 1, script.LsRefs);
    }

    [Theory]
    [InlineData("X-Amzn-Trace-Id", "Root=1-67891233-{0}")]
    [InlineData("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b716920333{0}-01")]
    public async Task Questions_ThatDifferInTheirNumberAlone_ShareOne(string name, string value)
    {
        (string repository, GitScript script) = front.Serve();
        await AskTogetherAsync(repository, WaitingCrowdAsync, (context, _) => script.HandleAsync(context), name, value);

        Assert.Equal(2, script.LsRefs);
    }

    /// <summary>One question is under way when the others come; all that wait then share the next, as far as they may.</summary>
    /// <param name="crowdComesAsync">Whether all the others have come, with the number of questions at the primary.</param>
    private async Task<Answers> AskTogetherAsync(
        string repository,
        Func<int, Task<bool>> crowdComesAsync,
        Func<HttpContext, int, Task> answer,
        string? name = null,
        string value = ""
    )
    {
        var open = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        int asked = 0;
        front.Primary.Answer(async context =>
        {
            int number = Interlocked.Increment(ref asked);
            await open.Task;
            await answer(context, number);
        });
        List<Task<HttpResponseMessage>> requests = [];
        for (int i = 0; i <= Crowd; i++)
        {
            (string, string)[] headers = name is null ? [] : [(name, string.Format(CultureInfo.InvariantCulture, value, i))];
            requests.Add(AskAsync(repository, headers));
            if (i == 0)
            {
                await Eventually.TrueAsync("the first is asked", () => Volatile.Read(ref asked) == 1);
            }
        }

        await Eventually.TrueAsync("all have come", () => crowdComesAsync(Volatile.Read(ref asked)));
        open.SetResult();
        HttpResponseMessage[] answers = await Task.WhenAll(requests);
        string[] bodies = await Task.WhenAll(answers.Select(one => one.Content.ReadAsStringAsync()));
        return new Answers(answers, bodies);
    }

    private async Task<bool> WaitingCrowdAsync(int asked) =>
        asked == 1 && (await front.Node.MetricsAsync()).Sum("waystation_refs_waiting") == Crowd;

    private static Task<bool> AskedCrowdAsync(int asked) => Task.FromResult(asked == Crowd + 1);

    private Task<HttpResponseMessage> AskAsync(string repository, (string Name, string Value)[] headers)
    {
        var content = new ByteArrayContent(Lines.ToBytes("command=ls-refs", "0001", "peel", "symrefs", "0000"));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/x-git-upload-pack-request");
        return front.SendAsync(HttpMethod.Post, $"{repository}/git-upload-pack", content, [("Git-Protocol", "version=2"), .. headers]);
    }

    private sealed record Answers(HttpResponseMessage[] Heads, string[] Bodies)
    {
        public List<string> Of(string field) =>
            [.. Heads.SelectMany(head => head.Headers.TryGetValues(field, out IEnumerable<string>? values) ? values : [])];
    }
}
