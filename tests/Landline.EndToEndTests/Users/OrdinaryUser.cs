using Landline.EndToEndTests.Fixtures;

namespace Landline.EndToEndTests.Users;

/// <summary>A user of the test machine who may use sudo without a password, as in most dev containers; gone after the class.</summary>
public sealed class OrdinaryUser(ServerScene scene) : SceneAddition(scene)
{
    private const string Name = "landline-e2e";
    private const string Sudoers = "/etc/sudoers.d/landline-e2e";
    private const string ProgramFolder = "/var/tmp/landline-e2e";

    private Laptop? _laptop;

    internal Laptop Laptop => _laptop!;

    protected override async Task DeployAsync()
    {
        await RemoveUserAsync();
        (await ProgramRun.ToEndAsync("useradd", ["--create-home", "--shell", "/bin/bash", Name])).Succeeded();
        await File.WriteAllTextAsync(Sudoers, $"{Name} ALL=(root) NOPASSWD: ALL\n", TestContext.Current.CancellationToken);

        // The repository may lie where only root can look.
        Directory.CreateDirectory(ProgramFolder);
        string program = Path.Combine(ProgramFolder, "landline");
        File.Copy(SourceTree.Landline, program, overwrite: true);
        (await ProgramRun.ToEndAsync("chmod", ["-R", "a+rX", ProgramFolder])).Succeeded();
        _laptop = Laptop.As(Name, program, "/tmp/landline-e2e-user");
    }

    protected override async Task RemoveAsync()
    {
        if (_laptop is not null)
        {
            await _laptop.LandlineAsync("quit", "--all");
            await RemoveUserAsync();
        }
    }

    private static async Task RemoveUserAsync()
    {
        await ProgramRun.ToEndAsync("userdel", ["--force", "--remove", Name]);
        File.Delete(Sudoers);
        if (Directory.Exists(ProgramFolder))
        {
            Directory.Delete(ProgramFolder, recursive: true);
        }

        if (Directory.Exists("/tmp/landline-e2e-user"))
        {
            Directory.Delete("/tmp/landline-e2e-user", recursive: true);
        }
    }
}
