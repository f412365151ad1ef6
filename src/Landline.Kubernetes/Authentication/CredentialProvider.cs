using System.Net.Http.Headers;
using System.Text;
using Landline.Kubernetes.Configuration;

namespace Landline.Kubernetes.Authentication;

/// <summary>
/// Hands out a user's credentials as they are at the moment: token files are read again, exec plug-ins run when what
/// they gave has expired or was refused. Any thread may ask. Disposal ends a plug-in that runs.
/// </summary>
internal sealed class CredentialProvider : IDisposable
{
    // Kubelets renew a projected token when 80 % of its life is over, so a minute late is early; kubectl waits as long.
    private static readonly TimeSpan TokenFileLifetime = TimeSpan.FromMinutes(1);

    private readonly UserCredentials _user;
    private readonly TimeProvider _time;
    private readonly ExecLogin? _login;
    private volatile ReadToken? _tokenFile;

    public CredentialProvider(UserCredentials user, TimeProvider time)
    {
        (_user, _time) = (user, time);
        _login = user.Exec is null ? null : new ExecLogin(user.Exec, text => LoginSays?.Invoke(text), time);
    }

    /// <summary>What a login plug-in writes for its user, as it comes. Raised on any thread; handlers must not throw.</summary>
    public event Action<string>? LoginSays;

    /// <summary>Whether asking again after a refusal may give something else.</summary>
    public bool CanRefresh => UsesTokenFile || UsesExec;

    private bool UsesTokenFile => _user.TokenFile is not null;

    private bool UsesExec => _user is { Exec: not null, TokenFile: null, Token: null, Username: null };

    /// <exception cref="KubernetesConfigurationException">A file or a plug-in does not give what it should.</exception>
    public async ValueTask<RequestCredentials> GetAsync(CancellationToken cancellationToken)
    {
        ClientCertificate? certificate = _user.ClientCertificate?.Load();
        if (UsesTokenFile)
        {
            return new RequestCredentials(Bearer(ReadTokenFile()), certificate);
        }

        if (_user.Token is not null)
        {
            return new RequestCredentials(Bearer(_user.Token), certificate);
        }

        if (_user.Username is not null)
        {
            byte[] pair = Encoding.UTF8.GetBytes($"{_user.Username}:{_user.Password}");
            return new RequestCredentials(
                new AuthenticationHeaderValue("Basic", Convert.ToBase64String(pair)), certificate);
        }

        if (_login is null)
        {
            return new RequestCredentials(null, certificate);
        }

        ExecCredential answer = await _login.GetAsync(cancellationToken);
        return new RequestCredentials(
            answer.Token is null ? null : Bearer(answer.Token), answer.Certificate ?? certificate);
    }

    /// <summary>The API server refused these; what they were made of is not used again.</summary>
    public void Forget(RequestCredentials refused)
    {
        _tokenFile = null;
        _login?.Forget(refused);
    }

    public void Dispose() => _login?.Dispose();

    private AuthenticationHeaderValue Bearer(string token) => token.AsSpan().Trim().ContainsAnyExceptInRange('!', '~')
        ? throw new KubernetesConfigurationException($"The token of {_user.Origin} holds characters that no token has.")
        : new AuthenticationHeaderValue("Bearer", token.Trim());

    private string ReadTokenFile()
    {
        DateTimeOffset now = _time.GetUtcNow();
        ReadToken? known = _tokenFile;
        if (known is not null && now - known.ReadAt < TokenFileLifetime)
        {
            return known.Token;
        }

        try
        {
            string token = File.ReadAllText(_user.TokenFile!).Trim();
            _tokenFile = new ReadToken(token, now);
            return token;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The one of before is good until the API server says that it is not.
            if (known is not null)
            {
                return known.Token;
            }

            throw new KubernetesConfigurationException(
                $"The token file {_user.TokenFile}, which {_user.Origin} names, cannot be read: {e.Message}", null, e);
        }
    }

    private sealed record ReadToken(string Token, DateTimeOffset ReadAt);
}
