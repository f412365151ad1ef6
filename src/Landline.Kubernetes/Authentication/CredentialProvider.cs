using System.Net.Http.Headers;
using System.Text;
using Landline.Kubernetes.Configuration;

namespace Landline.Kubernetes.Authentication;

/// <summary>
/// Hands out a user's credentials as they are at the moment: token files are read again, exec plug-ins run when what
/// they gave has expired or was refused. Any thread may ask; a plug-in runs once for all that wait.
/// </summary>
internal sealed class CredentialProvider(UserCredentials user, TimeProvider time) : IDisposable
{
    // Kubelets renew a projected token when 80 % of its life is over, so a minute late is early; kubectl waits as long.
    private static readonly TimeSpan TokenFileLifetime = TimeSpan.FromMinutes(1);

    private readonly SemaphoreSlim _oneAtATime = new(1);
    private (string Token, DateTimeOffset ReadAt)? _tokenFile;
    private ExecCredential? _exec;

    /// <summary>Whether asking again after a refusal may give something else.</summary>
    public bool CanRefresh => UsesTokenFile || UsesExec;

    private bool UsesTokenFile => user.TokenFile is not null;

    private bool UsesExec => user is { Exec: not null, TokenFile: null, Token: null, Username: null };

    /// <exception cref="KubernetesConfigurationException">A file or a plug-in does not give what it should.</exception>
    public async ValueTask<RequestCredentials> GetAsync(CancellationToken cancellationToken)
    {
        ClientCertificate? certificate = user.ClientCertificate?.Load();
        if (UsesTokenFile)
        {
            return new RequestCredentials(Bearer(ReadTokenFile()), certificate);
        }

        if (user.Token is not null)
        {
            return new RequestCredentials(Bearer(user.Token), certificate);
        }

        if (user.Username is not null)
        {
            byte[] pair = Encoding.UTF8.GetBytes($"{user.Username}:{user.Password}");
            return new RequestCredentials(
                new AuthenticationHeaderValue("Basic", Convert.ToBase64String(pair)), certificate);
        }

        if (user.Exec is null)
        {
            return new RequestCredentials(null, certificate);
        }

        ExecCredential answer = await GetExecAsync(user.Exec, cancellationToken);
        return new RequestCredentials(
            answer.Token is null ? null : Bearer(answer.Token), answer.Certificate ?? certificate);
    }

    /// <summary>The API server refused these; what they were made of is not used again.</summary>
    public async ValueTask ForgetAsync(RequestCredentials refused, CancellationToken cancellationToken)
    {
        await _oneAtATime.WaitAsync(cancellationToken);
        try
        {
            _tokenFile = null;

            // Another request may have run the plug-in since: its answer has not been refused.
            if (_exec is not null
                && _exec.Token == refused.Authorization?.Parameter
                && (_exec.Certificate is null || _exec.Certificate == refused.Certificate))
            {
                _exec = null;
            }
        }
        finally
        {
            _oneAtATime.Release();
        }
    }

    public void Dispose() => _oneAtATime.Dispose();

    private AuthenticationHeaderValue Bearer(string token) => token.AsSpan().Trim().ContainsAnyExceptInRange('!', '~')
        ? throw new KubernetesConfigurationException($"The token of {user.Origin} holds characters that no token has.")
        : new AuthenticationHeaderValue("Bearer", token.Trim());

    private string ReadTokenFile()
    {
        DateTimeOffset now = time.GetUtcNow();
        if (_tokenFile is { } known && now - known.ReadAt < TokenFileLifetime)
        {
            return known.Token;
        }

        try
        {
            string token = File.ReadAllText(user.TokenFile!).Trim();
            _tokenFile = (token, now);
            return token;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new KubernetesConfigurationException(
                $"The token file {user.TokenFile}, which {user.Origin} names, cannot be read: {e.Message}", null, e);
        }
    }

    private async ValueTask<ExecCredential> GetExecAsync(ExecPlugin plugin, CancellationToken cancellationToken)
    {
        await _oneAtATime.WaitAsync(cancellationToken);
        try
        {
            if (_exec is null || _exec.ExpiresAt <= time.GetUtcNow())
            {
                _exec = await ExecPluginRunner.RunAsync(plugin, time, cancellationToken);
            }

            return _exec;
        }
        finally
        {
            _oneAtATime.Release();
        }
    }
}
