using Landline.Cluster.Manager.Attachments;
using Landline.Protocol.Api;

namespace Landline.Tests.Cluster.Manager.Attachments;

public sealed class AttachmentStatusLimitsTests
{
    [Fact]
    public void What_is_too_long_for_the_schema_is_cut_and_says_so()
    {
        AttachmentStatus status = Status(new string('m', 5000), new string('p', 2000)).Fitted();

        Assert.Equal(new string('m', 4095) + "…", status.Message);
        Assert.Equal(new string('p', 1023) + "…", status.Pods[0].Message);
        Assert.Equal("web-1", status.Pods[0].Name);
    }

    [Fact]
    public void What_fits_is_left_alone()
    {
        AttachmentStatus status = Status(new string('m', 4096), new string('p', 1024));

        Assert.Same(status, status.Fitted());
        Assert.Null(Status(null, null).Fitted().Message);
    }

    [Fact]
    public void No_character_is_cut_in_two()
    {
        string text = new string('p', 1022) + "😀😀";

        Assert.Equal(new string('p', 1022) + "…", Status(null, text).Fitted().Pods[0].Message);
    }

    private static AttachmentStatus Status(string? message, string? podMessage) =>
        new() { Message = message, Pods = [new AttachedPod { Name = "web-1", Message = podMessage }] };
}
