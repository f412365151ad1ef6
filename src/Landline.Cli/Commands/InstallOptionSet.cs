using System.CommandLine;
using Landline.Daemon.Connections;
using Landline.Daemon.Installation;

namespace Landline.Cli.Commands;

/// <summary>The options of <c>install</c>, <c>upgrade</c> and <c>uninstall</c>.</summary>
internal sealed class InstallOptionSet
{
    private readonly Option<string?> _context = ConnectionOptions.Context();
    private readonly Option<string?> _kubeconfig = ConnectionOptions.Kubeconfig();
    private readonly Option<string?> _actAs = ConnectionOptions.ActAs();
    private readonly Option<string> _managerNamespace = ConnectionOptions.ManagerNamespace();
    private readonly Option<string?> _image = new("--image")
    {
        Description = $"The image of manager and agents; what is installed if not given, at first {InstallOptions.DefaultImage}",
        HelpName = "IMAGE",
    };

    private readonly Option<string?> _pullPolicy = new("--image-pull-policy")
    {
        Description = "Never, IfNotPresent or Always; what is installed or fits the image if not given",
        HelpName = "POLICY",
    };

    private readonly Option<string?> _accessGroup = new("--access-group")
    {
        Description = $"Whose members may reach the manager; who may already if not given, at first {InstallOptions.DefaultAccessGroup}",
        HelpName = "GROUP",
    };

    private readonly Option<string[]> _denySubnets = new("--deny-subnet")
    {
        Description = "What the manager connects to for nobody, in CIDR notation; can be repeated; what is installed if not given; 'none' takes it back",
        HelpName = "CIDR",
    };

    private readonly Option<bool> _allowDowngrade = new("--allow-downgrade")
    {
        Description = "Install also over a newer version",
    };

    public void AddTo(Command command, bool installing)
    {
        command.Add(_context);
        command.Add(_kubeconfig);
        command.Add(_actAs);
        command.Add(_managerNamespace);
        if (installing)
        {
            _pullPolicy.CompletionSources.Add("Never", "IfNotPresent", "Always");
            command.Add(_image);
            command.Add(_pullPolicy);
            command.Add(_accessGroup);
            command.Add(_denySubnets);
            command.Add(_allowDowngrade);
        }
    }

    public ClusterTarget Target(ParseResult parse) => ClusterTarget.Load(
        parse.GetValue(_kubeconfig), parse.GetValue(_context), @namespace: null, parse.GetValue(_actAs));

    public InstallOptions Options(ParseResult parse) => new()
    {
        Namespace = parse.GetValue(_managerNamespace)!,
        Image = parse.GetValue(_image),
        ImagePullPolicy = parse.GetValue(_pullPolicy),
        AccessGroup = parse.GetValue(_accessGroup),
        DeniedSubnets = parse.GetValue(_denySubnets) switch
        {
            null or [] => null,
            ["none"] => [],
            var subnets => subnets,
        },
        AllowDowngrade = parse.GetValue(_allowDowngrade),
    };
}
