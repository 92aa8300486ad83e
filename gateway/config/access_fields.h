// Fields that say who may connect, and what clients may do. See fields.h.
#pragma once

#include "gateway/config/kinds.h"

namespace gateway::config {

inline constexpr milliseconds kHour = std::chrono::hours{1};
inline constexpr milliseconds kDay = std::chrono::hours{24};

inline constexpr Text kScope{"a scope: printable ASCII without spaces, quotes and backslashes", is_scope};

inline constexpr Text kAbsoluteFile{
    "an absolute path such as \"/etc/mcp-gateway/tokens.json\"",
    [](std::string_view text) { return text.starts_with('/') && !text.ends_with('/'); }};
inline constexpr Text kAbsoluteFileOrNone{
    "\"\" or an absolute path such as \"/var/lib/mcp-gateway/state.json\"",
    [](std::string_view text) { return text.empty() || kAbsoluteFile.fits(text); }};
inline constexpr Text kPemFile{"an absolute path such as \"/etc/mcp-gateway/tls/fullchain.pem\"",
                               [](std::string_view text) { return text.starts_with('/') && !text.ends_with('/'); }};
inline constexpr Text kPemFileOrNone{
    "an absolute path such as \"/etc/mcp-gateway/tls/clients.pem\"",
    [](std::string_view text) { return text.empty() || (text.starts_with('/') && !text.ends_with('/')); }};
inline constexpr Text kPlainName{"a name of 1..64 of A-Z a-z 0-9 . _ -", is_plain_name};
inline constexpr Choice<ClientAuth, 3> kClientAuths{
    {{{"off", ClientAuth::Off}, {"optional", ClientAuth::Optional}, {"required", ClientAuth::Required}}}};
inline constexpr Choice<ClientName, 4> kClientNames{{{{"common_name", ClientName::CommonName},
                                                      {"email", ClientName::Email},
                                                      {"dns", ClientName::Dns},
                                                      {"uri", ClientName::Uri}}}};
inline constexpr Choice<TlsVersion, 2> kTlsVersions{{{{"1.2", TlsVersion::V12}, {"1.3", TlsVersion::V13}}}};

template <>
inline constexpr auto kFields<TlsConfig> = std::tuple{
    Field{
        "certificate", &TlsConfig::certificate, kPemFile,
        "Absolute path of a PEM file with the server's certificate, followed by the intermediate ones. It and key are "
        "read again when they change; a new pair that cannot be used leaves the old one in use.",
        Presence::Required},
    Field{"key", &TlsConfig::key, kPemFile,
          "Absolute path of a PEM file with the private key of the certificate, without a passphrase.",
          Presence::Required},
    Field{"min_version", &TlsConfig::min_version, kTlsVersions, "Oldest TLS version accepted: 1.2 or 1.3."},
    Field{"client_auth", &TlsConfig::client_auth, kClientAuths,
          "Whether clients must show a certificate: off, optional (one that is shown must be valid), or required. The "
          "holder is a principal, unless the request has a bearer token, which then decides. On the admin listener it "
          "only decides who may connect."},
    Field{
        "client_ca", &TlsConfig::client_ca, kPemFileOrNone,
        "Absolute path of a PEM file with the authorities whose client certificates are accepted, and optionally their "
        "revocation lists. It is read again when it changes."},
    Field{
        "client_name", &TlsConfig::client_name, kClientNames,
        "What names the principal: the common_name of the subject, or the one email, dns or uri among the alternative "
        "names. A certificate without exactly one is not accepted."},
    Field{
        "client_prefix", &TlsConfig::client_prefix, kPlainName,
        "Prefix of the names of these principals, PREFIX:NAME. Listeners with other authorities need another one, and "
        "no issuer may have it."},
    Field{"client_scopes", &TlsConfig::client_scopes, OrAbsent<Texts>{{kScope}},
          "Scopes the holders of client certificates are granted, for required_scopes. Without it, all."},
};

inline constexpr Text kSha256{"64 hex digits", is_sha256, true};

template <>
inline constexpr auto kFields<AuthToken> = std::tuple{
    Field{"name", &AuthToken::name, kPlainName, "Name of the token's holder in logs and metrics; unique.",
          Presence::Required},
    Field{"token", &AuthToken::token, HiddenToken{},
          "The token; prefer ${VAR} or ${file:/path} to the literal token. Exactly one of token and "
          "sha256."},
    Field{"sha256", &AuthToken::sha256, kSha256, "SHA-256 of the token in hex. Exactly one of token and sha256."},
    Field{"expires", &AuthToken::expires, Moment{},
          "When the token ends to be accepted, in UTC, such as 2027-01-31 or 2027-01-31T18:00:00Z."},
    Field{"scopes", &AuthToken::scopes, OrAbsent<Texts>{{kScope}},
          "Scopes the holder is granted, for required_scopes. Without it, all."},
};

inline constexpr Text kWebUrl{"a URL such as \"https://login.example.com/realms/team\"", is_web_url};
inline constexpr Text kWebUrlOrNone{"a URL such as \"https://login.example.com/keys\"",
                                    [](std::string_view text) { return text.empty() || is_web_url(text); }};
inline constexpr Text kAlgorithm{"RS256, PS256, ES256 or EdDSA", [](std::string_view text) {
                                   return text == "RS256" || text == "PS256" || text == "ES256" || text == "EdDSA";
                                 }};

template <>
inline constexpr auto kFields<IntrospectionConfig> = std::tuple{
    Field{"endpoint", &IntrospectionConfig::endpoint, kWebUrlOrNone,
          "URL of the introspection endpoint; by default the one in the issuer's metadata. If it is given, and neither "
          "jwks_uri nor jwks_file, the issuer is asked about JWTs, too."},
    Field{"client_id", &IntrospectionConfig::client_id, Text{}, "Client id of the gateway at the issuer.",
          Presence::Required},
    Field{"client_secret", &IntrospectionConfig::client_secret, HiddenText{},
          "Its secret; prefer ${VAR} or ${file:/path} to the literal text.", Presence::Required},
    Field{"cache", &IntrospectionConfig::cache, Span{milliseconds{0}, kHour},
          "How long an answer is used for the same token: how long a revoked token may still be accepted."},
};

template <>
inline constexpr auto kFields<IssuerConfig> = std::tuple{
    Field{"issuer", &IssuerConfig::issuer, kWebUrl,
          "Issuer identifier of the authorization server, exactly as iss in its tokens.", Presence::Required},
    Field{"name", &IssuerConfig::name, kPlainName,
          "Name of the issuer in the names of its principals, NAME:SUBJECT; unique. By default the host in issuer."},
    Field{"jwks_uri", &IssuerConfig::jwks_uri, kWebUrlOrNone,
          "URL of its keys (JWKS); by default the one in its metadata (RFC 8414 or OpenID Connect Discovery)."},
    Field{"jwks_file", &IssuerConfig::jwks_file, kAbsoluteFile,
          "Absolute path of a file with its keys instead, read again when it changes."},
    Field{"introspection", &IssuerConfig::introspection, Maybe<IntrospectionConfig>{},
          "How the issuer is asked about opaque tokens (RFC 7662). At most one issuer can have this."},
};

template <>
inline constexpr auto kFields<OAuthConfig> = std::tuple{
    Field{"issuers", &OAuthConfig::issuers, Groups<IssuerConfig>{},
          "Authorization servers whose access tokens are accepted, besides tokens and tokens_file."},
    Field{"audience", &OAuthConfig::audience, Texts{},
          "Values one of which must be in a token's aud. By default the public URL of the endpoint that is called, of "
          "its "
          "service, or of the gateway."},
    Field{"required_scopes", &OAuthConfig::required_scopes, Texts{kScope},
          "Scopes every token of an issuer must have, besides those of the service."},
    Field{"algorithms", &OAuthConfig::algorithms, Texts{kAlgorithm}, "Signature algorithms that are accepted."},
    Field{"leeway", &OAuthConfig::leeway, Span{milliseconds{0}, std::chrono::minutes{5}},
          "By how much the clocks of an issuer and the gateway may differ."},
};

template <>
inline constexpr auto kFields<AuthConfig> = std::tuple{
    Field{"tokens", &AuthConfig::tokens, Groups<AuthToken>{},
          "Bearer tokens. If there are any, every request must present one of them."},
    Field{
        "tokens_file", &AuthConfig::tokens_file, kAbsoluteFile,
        "Absolute path of a JSON file {\"tokens\": [...]} with more tokens. It is read again when it changes; while it "
        "cannot be used, the tokens read before stay valid."},
    Field{"oauth", &AuthConfig::oauth, Group<OAuthConfig>{},
          "Access tokens of OAuth authorization servers, as the MCP specification describes."},
    Field{"allow_unauthenticated", &AuthConfig::allow_unauthenticated, Flag{},
          "Allow listening on non-loopback addresses without tokens."},
};

inline constexpr Choice<Effect, 2> kEffects{{{{"allow", Effect::Allow}, {"deny", Effect::Deny}}}};
inline constexpr Patterns kToolNames{"names of tools, such as [\"get_*\"]"};
inline constexpr Patterns kPrincipals{"names of principals, such as [\"ci\", \"team-*\"]"};
inline constexpr Patterns kServices{"names of services, such as [\"github\"]"};

template <>
inline constexpr auto kFields<PolicyRule> = std::tuple{
    Field{"effect", &PolicyRule::effect, kEffects, "What the rule decides.", Presence::Required},
    Field{"principals", &PolicyRule::principals, kPrincipals,
          "Who: names of principals, with * for any characters. A client without a token has no name and fits none."},
    Field{"scopes", &PolicyRule::scopes, Texts{kScope},
          "Who: principals with each of these scopes. A static token without scopes has all of them, except for deny."},
    Field{"claims", &PolicyRule::claims, NamedPatterns{},
          "Who: principals with these claims. Maps the name of a claim, or a JSON pointer such as /realm_access/roles, "
          "to "
          "patterns one of which its value, or an element of it, must fit."},
    Field{"services", &PolicyRule::services, kServices, "Where: names of services, with * for any characters."},
    Field{"tools", &PolicyRule::tools, kToolNames,
          "What: names of tools. A rule with none of tools, prompts and resources is about everything in the service."},
    Field{"prompts", &PolicyRule::prompts, Patterns{"names of prompts, such as [\"*\"]"}, "What: names of prompts."},
    Field{"resources", &PolicyRule::resources, Patterns{"URIs of resources, such as [\"file:///public/*\"]"},
          "What: URIs of resources. A URI with dot segments or needless escapes is refused wherever patterns other "
          "than * "
          "would have to decide."},
};

template <>
inline constexpr auto kFields<PolicyConfig> = std::tuple{
    Field{"default", &PolicyConfig::otherwise, kEffects, "What holds where no rule fits."},
    Field{"rules", &PolicyConfig::rules, Groups<PolicyRule>{}, "Rules in order: the first that fits decides."},
};

template <>
inline constexpr auto kFields<QuotaConfig> = std::tuple{
    Field{"principals", &QuotaConfig::principals, kPrincipals, "Names of principals, with * for any characters."},
    Field{"services", &QuotaConfig::services, kServices, "Names of services."},
    Field{"tools", &QuotaConfig::tools, kToolNames, "Names of tools; the quota then counts calls of these tools only."},
    Field{"each", &QuotaConfig::each, QuotaEachList{},
          "What has an allowance of its own: any of principal, service and tool. An empty list is one allowance for "
          "all."},
    Field{"calls", &QuotaConfig::calls, Count{0, 1'000'000}, "Requests allowed per period; 0 is no limit."},
    Field{"per", &QuotaConfig::per, Span{milliseconds{10}, kDay}, "The period for calls."},
    Field{"burst", &QuotaConfig::burst, Count{0, 1'000'000},
          "Requests allowed at once after a pause; 0 is as many as calls."},
    Field{"in_flight", &QuotaConfig::in_flight, Count{0, 100'000}, "Requests that may be in flight; 0 is no limit."},
};

}  // namespace gateway::config
