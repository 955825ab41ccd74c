using Microsoft.AspNetCore.Http;
using Waystation.Proxy.Tests.Servers;

namespace Waystation.Proxy.Tests.Lfs;

/// <summary>Uploads to the primary's own host: copied as they pass, and kept only after the primary's last word.</summary>
public sealed class LfsUploadTests(LfsFront front) : IClassFixture<LfsFront>
{
    [Fact]
    public async Task AcceptedUpload_IsKept_AndServedWithoutTheStorage()
    {
        (byte[] bytes, string oid) = front.NewObject(300_000);
        Expect(oid, bytes.Length, verify: false);
        Uri put = await front.UrlAsync(oid, bytes.Length, action: "upload");

        Assert.Equal(front.Node.Url.Authority, put.Authority);
        Assert.Equal(200, await PutAsync(put, bytes));

        await AssertStoredAsync(oid, bytes, isStored: true);
    }

    [Theory]
    [InlineData(200, true)]
    [InlineData(404, false)]
    public async Task UploadThatMustBeVerified_CountsAfterThat(int status, bool isStored)
    {
        (byte[] bytes, string oid) = front.NewObject();
        Expect(oid, bytes.Length, verify: true, verifyStatus: status);
        Uri put = await front.UrlAsync(oid, bytes.Length, action: "upload");
        Uri verify = await front.UrlAsync(oid, bytes.Length, action: "verify");

        Assert.Equal(200, await PutAsync(put, bytes));
        await AssertStoredAsync(oid, bytes, isStored: false);
        Expect(oid, bytes.Length, verify: true, verifyStatus: status);
        using HttpResponseMessage verified = await front.Client.PostAsync(
            verify,
            new StringContent($$"""{"oid":"{{oid}}","size":{{bytes.Length}} }""")
        );

        Assert.Equal(status, (int)verified.StatusCode);
        await AssertStoredAsync(oid, bytes, isStored);
    }

    [Fact]
    public async Task RefusedUpload_IsNotKept()
    {
        (byte[] bytes, string oid) = front.NewObject();
        Expect(oid, bytes.Length, verify: false, putStatus: 403);

        Assert.Equal(403, await PutAsync(await front.UrlAsync(oid, bytes.Length, action: "upload"), bytes));

        await AssertStoredAsync(oid, bytes, isStored: false);
    }

    [Fact]
    public async Task OtherBytesThanTheObjects_AreNotKept_WhateverThePrimarySays()
    {
        (byte[] bytes, string oid) = front.NewObject();
        Expect(oid, bytes.Length, verify: false);
        byte[] other = [.. bytes];
        other[5] ^= 1;

        Assert.Equal(200, await PutAsync(await front.UrlAsync(oid, bytes.Length, action: "upload"), other));

        await AssertStoredAsync(oid, bytes, isStored: false);
    }

    [Fact]
    public async Task UploadToAnotherHost_StaysAsItIs()
    {
        (byte[] bytes, string oid) = front.NewObject();
        front.Permit(
            oid,
            bytes.Length,
            $$"""
            "upload":{"href":"{{front.Storage.Url}}u","header":{"Authorization":"Bearer s"} }
            """
        );

        Assert.Equal(new Uri(front.Storage.Url, "u"), await front.UrlAsync(oid, bytes.Length, action: "upload"));
    }

    private void Expect(string oid, int size, bool verify, int putStatus = 200, int verifyStatus = 200)
    {
        string verification = verify ? $$""","verify":{"href":"{{front.Primary.Url}}verify/{{oid}}"}""" : "";
        front.Permit(
            oid,
            size,
            $$"""
            "upload":{"href":"{{front.Primary.Url}}put/{{oid}}?x=%C3%A9"}{{verification}}
            """,
            other: async context =>
            {
                await context.Request.Body.CopyToAsync(Stream.Null);
                context.Response.StatusCode = HttpMethods.IsPut(context.Request.Method) ? putStatus : verifyStatus;
            }
        );
    }

    private async Task<int> PutAsync(Uri url, byte[] bytes)
    {
        using HttpResponseMessage answer = await front.Client.PutAsync(url, new ByteArrayContent(bytes));
        return (int)answer.StatusCode;
    }

    private async Task AssertStoredAsync(string oid, byte[] bytes, bool isStored)
    {
        front.PermitAtStorage(oid, bytes.Length);
        front.Storage.Answer(static context =>
        {
            context.Response.StatusCode = 404;
            return Task.CompletedTask;
        });
        using HttpResponseMessage got = await front.Client.GetAsync(await front.UrlAsync(oid, bytes.Length));
        Assert.Equal(isStored ? 200 : 404, (int)got.StatusCode);
        if (isStored)
        {
            Assert.Equal(bytes, await got.Content.ReadAsByteArrayAsync());
            Assert.Equal("waystation; hit", GitFront.StatusOf(got));
        }
    }
}
