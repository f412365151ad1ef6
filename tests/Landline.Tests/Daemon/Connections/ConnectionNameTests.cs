using Landline.Daemon.Connections;

namespace Landline.Tests.Daemon.Connections;

public sealed class ConnectionNameTests
{
    [Theory]
    [InlineData("lab", "lab")]
    [InlineData("kind-shop", "kind-shop")]
    [InlineData("admin@lab", "admin-lab")]
    [InlineData("arn:aws:eks:eu-central-1:123456789012:cluster/shop", "n-aws-eks-eu-central-1-123456789012-cluster-shop")]
    [InlineData("../../etc", "etc")]
    [InlineData("日本", "default")]
    [InlineData(null, "default")]
    public void It_is_the_contexts_as_far_as_a_folder_can_be_called_so(string? context, string expected)
    {
        string name = ConnectionName.FromContext(context);

        Assert.Equal(expected, name);
        Assert.True(ConnectionName.IsValid(name));
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("a/b")]
    [InlineData("a b")]
    [InlineData("-a")]
    [InlineData("0123456789012345678901234567890123456789012345678")]
    public void What_could_leave_the_folder_or_be_an_option_is_no_name(string name) =>
        Assert.False(ConnectionName.IsValid(name));

    [Theory]
    [InlineData("alice", "thinkpad", "alice-thinkpad-")]
    [InlineData("Alice.B", "Think_Pad.example.com", "alice-b-think-pad-")]
    [InlineData("", "", "workstation-")]
    public void An_object_is_named_after_user_and_machine(string user, string host, string expected) =>
        Assert.Equal(expected, ConnectionOwner.NamePrefix(user, host));

    [Fact]
    public void A_name_of_an_object_can_be_the_value_of_a_label() =>
        Assert.Matches("^[a-z0-9-]{1,62}[a-z0-9]$", ConnectionOwner.NewName(new string('u', 100), new string('h', 100)));

    [Fact]
    public void No_two_objects_have_the_same_name() =>
        Assert.NotEqual(ConnectionOwner.NewName("alice", "thinkpad"), ConnectionOwner.NewName("alice", "thinkpad"));
}
