using Landline.Cluster.Agent;
using Landline.Cluster.Manager;

const int WrongUsage = 2;

switch (args)
{
    case ["manager", .. var options]:
        return await ManagerProgram.RunAsync(options);
    case ["agent", .. var options]:
        return await AgentProgram.RunAsync(options);
    case ["version"] or ["--version"]:
        await Console.Out.WriteLineAsync(ManagerProgram.Version);
        return 0;
    default:
        await Console.Error.WriteLineAsync($"Usage: landline-cluster manager|agent|version [options]\n\n{ManagerOptions.Usage}\n\n{AgentOptions.Usage}");
        return WrongUsage;
}
