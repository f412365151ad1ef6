using System.Net.Http.Headers;

namespace Landline.Kubernetes.Authentication;

/// <summary>What one request carries to show who asks.</summary>
internal sealed record RequestCredentials(AuthenticationHeaderValue? Authorization, ClientCertificate? Certificate);
