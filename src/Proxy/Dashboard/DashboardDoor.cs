using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Http.Features;
using Waystation.Primaries;
using Waystation.Proxy.Admin;
using Waystation.Proxy.Dashboard.Pages;
using Waystation.Proxy.Dashboard.Sessions;

namespace Waystation.Proxy.Dashboard;

/// <summary>
/// Stands before each page of the dashboard, and writes it.
/// <code>
///   policy of the page ──► session? else the login ──► form: is it ours? may the operator act? ──► the page, or the action
/// </code>
/// </summary>
internal sealed class DashboardDoor(
    OperatorSessions sessions,
    Notice notice,
    IAntiforgery forms,
    PageRenderer renderer,
    PrimaryMap primaries,
    TimeProvider time
)
{
    /// <summary>The longest form: a name of a repository, or a token.</summary>
    private const int LongestForm = 64 * 1024;

    /// <summary>A page for an operator with a session.</summary>
    public RequestDelegate Page(Func<HttpContext, Viewer, Task> show) =>
        async context =>
        {
            PagePolicy.Set(context.Response);
            if (ViewerOf(context) is { } viewer)
            {
                await show(context, viewer);
            }
            else
            {
                SendToLogin(context);
            }
        };

    /// <summary>An action of an operator with a session and the right to act.</summary>
    /// <param name="act">Acts on the form, and says on the next page what came of it.</param>
    /// <param name="back">The next page.</param>
    public RequestDelegate Action(Func<IFormCollection, CancellationToken, Task<string>> act, string back) =>
        async context =>
        {
            PagePolicy.Set(context.Response);
            if (ViewerOf(context) is not { } viewer)
            {
                SendToLogin(context);
            }
            else if (await FormOfAsync(context) is not { } form)
            {
                await RefuseAsync(
                    context,
                    viewer,
                    StatusCodes.Status400BadRequest,
                    "This form is from before the node started, or not from this node. Go back and press the button again.",
                    back
                );
            }
            else if (!viewer.MayAct)
            {
                await RefuseAsync(context, viewer, StatusCodes.Status403Forbidden, "Your token allows to look, and not to act.", back);
            }
            else
            {
                notice.Say(context, await act(form, context.RequestAborted));
                SendTo(context, back);
            }
        };

    /// <summary>Shows the login.</summary>
    public Task ShowLoginAsync(HttpContext context)
    {
        PagePolicy.Set(context.Response);
        if (!sessions.WantsLogin)
        {
            SendTo(context, "/");
            return Task.CompletedTask;
        }

        return WriteLoginAsync(context, context.Request.Query["back"].ToString(), isWrong: false);
    }

    /// <summary>Opens a session.</summary>
    public async Task LogInAsync(HttpContext context)
    {
        PagePolicy.Set(context.Response);
        IFormCollection? form = await FormOfAsync(context);
        string back = OwnPath(form?["back"].ToString());
        if (form is not null && sessions.TryLogIn(context, form["token"].ToString()))
        {
            SendTo(context, back);
        }
        else
        {
            context.Response.StatusCode = StatusCodes.Status403Forbidden;
            await WriteLoginAsync(context, back, isWrong: form is not null);
        }
    }

    /// <summary>Ends a session.</summary>
    public async Task LogOutAsync(HttpContext context)
    {
        PagePolicy.Set(context.Response);
        if (await FormOfAsync(context) is not null)
        {
            OperatorSessions.LogOut(context);
        }

        SendTo(context, sessions.WantsLogin ? "/login" : "/");
    }

    /// <summary>The operator; null without a session.</summary>
    public Viewer? ViewerOf(HttpContext context)
    {
        AdminGrant grant = sessions.GrantOf(context);
        if (grant == AdminGrant.None)
        {
            return null;
        }

        AntiforgeryTokenSet field = forms.GetAndStoreTokens(context);
        return new Viewer(grant == AdminGrant.Act, sessions.WantsLogin, field.FormFieldName, field.RequestToken ?? "", time.GetUtcNow());
    }

    /// <summary>The same operator now; null if the session has ended.</summary>
    public Viewer? Now(HttpContext context, Viewer viewer) =>
        sessions.GrantOf(context) is var grant and not AdminGrant.None
            ? viewer with
            {
                MayAct = grant == AdminGrant.Act,
                Now = time.GetUtcNow(),
            }
            : null;

    /// <summary>Writes a page whose content is rendered already.</summary>
    public Task WriteAsync(HttpContext context, Viewer viewer, DashboardPage page, string body) =>
        WriteDocumentAsync(
            context,
            [
                (nameof(DocumentView.Title), page.Name),
                (nameof(DocumentView.Viewer), viewer),
                (nameof(DocumentView.Path), page.Path),
                (nameof(DocumentView.Events), page.Events + context.Request.QueryString),
                (nameof(DocumentView.Again), page.Path + context.Request.QueryString),
                (nameof(DocumentView.Primaries), Primaries),
                (nameof(DocumentView.Said), notice.Take(context)),
                (nameof(DocumentView.Body), new MarkupString(body)),
            ]
        );

    /// <summary>Writes a page that is not in the navigation.</summary>
    /// <param name="context">The request.</param>
    /// <param name="viewer">The operator.</param>
    /// <param name="title">The heading.</param>
    /// <param name="path">The page of the navigation that it belongs to.</param>
    /// <param name="view">The component of its content.</param>
    /// <param name="parameters">The parameters of the component.</param>
    public async Task WriteAsync(
        HttpContext context,
        Viewer viewer,
        string title,
        string path,
        Type view,
        IReadOnlyList<(string Name, object? Value)> parameters
    ) =>
        await WriteDocumentAsync(
            context,
            [
                (nameof(DocumentView.Title), title),
                (nameof(DocumentView.Viewer), viewer),
                (nameof(DocumentView.Path), path),
                (nameof(DocumentView.Primaries), Primaries),
                (nameof(DocumentView.Body), new MarkupString(await renderer.RenderAsync(view, parameters))),
            ]
        );

    /// <summary>Says on a page why something is not done.</summary>
    public Task RefuseAsync(HttpContext context, Viewer viewer, int status, string text, string back)
    {
        context.Response.StatusCode = status;
        return WriteAsync(
            context,
            viewer,
            "Not done",
            back,
            typeof(MessageView),
            [(nameof(MessageView.Text), text), (nameof(MessageView.Back), back)]
        );
    }

    private string Primaries => string.Join(", ", primaries.All.Select(static one => one.Authority));

    private async Task WriteLoginAsync(HttpContext context, string back, bool isWrong)
    {
        AntiforgeryTokenSet field = forms.GetAndStoreTokens(context);
        string body = await renderer.RenderAsync(
            typeof(LoginView),
            [
                (nameof(LoginView.FormField), field.FormFieldName),
                (nameof(LoginView.FormToken), field.RequestToken),
                (nameof(LoginView.Back), OwnPath(back)),
                (nameof(LoginView.IsWrong), isWrong),
            ]
        );
        await WriteDocumentAsync(context, [(nameof(DocumentView.Title), "Log in"), (nameof(DocumentView.Body), new MarkupString(body))]);
    }

    private async Task WriteDocumentAsync(HttpContext context, IReadOnlyList<(string Name, object? Value)> parameters)
    {
        string page = "<!DOCTYPE html>\n" + await renderer.RenderAsync(typeof(DocumentView), parameters);
        context.Response.ContentType = "text/html; charset=utf-8";
        await context.Response.WriteAsync(page, context.RequestAborted);
    }

    /// <summary>The form of the request; null if it is too long, or was not made by a page of this node for this browser.</summary>
    private async Task<IFormCollection?> FormOfAsync(HttpContext context)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
        {
            limit.MaxRequestBodySize = LongestForm;
        }

        try
        {
            return context.Request.HasFormContentType && await forms.IsRequestValidAsync(context)
                ? await context.Request.ReadFormAsync(context.RequestAborted)
                : null;
        }
        catch (Exception e) when (e is InvalidDataException or IOException or AntiforgeryValidationException)
        {
            return null;
        }
    }

    private static void SendToLogin(HttpContext context) =>
        SendTo(
            context,
            "/login?back="
                + Uri.EscapeDataString(HttpMethods.IsGet(context.Request.Method) ? context.Request.Path + context.Request.QueryString : "/")
        );

    private static void SendTo(HttpContext context, string path)
    {
        context.Response.StatusCode = StatusCodes.Status303SeeOther;
        context.Response.Headers.Location = path;
    }

    /// <summary>A path of a page of the dashboard; the overview for any other text.</summary>
    private static string OwnPath(string? text) =>
        text is not null && DashboardPage.All.Any(page => text == page.Path || text.StartsWith(page.Path + "?", StringComparison.Ordinal))
            ? text
            : "/";
}
