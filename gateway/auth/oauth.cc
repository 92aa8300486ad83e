#include "gateway/auth/oauth.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "gateway/auth/introspection.h"

namespace gateway::auth {

namespace {

/// For at least so long an answer about a token is kept: they are served in the turn in which it comes.
constexpr seconds kForThoseWhoWait{1};

}  // namespace

OAuth::OAuth(config::OAuthConfig const& config, Policy const& policy, Issuer::Needs const& needs)
    : config_(config), policy_(policy), needs_(needs) {
  for (auto const& name : config.algorithms)
    if (auto const algorithm = algorithm_from(name)) algorithms_.push_back(*algorithm);
  for (auto const& issuer : config.issuers) issuers_.push_back(std::make_unique<Issuer>(issuer, needs));
}

Verdict OAuth::check(Shown const& shown, Digest const& digest) {
  if (shown.token.size() > kLongestToken) return Denial::Malformed;
  if (auto const* const known = cache_.find(digest, shown.now)) return verdict_of(*known, shown.resource);
  if (has_jwt_form(shown.token)) return check_jwt(shown, digest);
  for (std::size_t i = 0; i < issuers_.size(); ++i)
    if (issuers_[i]->config().introspection) return ask(i, shown, digest);
  return Denial::UnknownToken;
}

void OAuth::tick() {
  for (std::size_t i = 0; i < issuers_.size(); ++i)
    if (issuers_[i]->tick()) cache_.forget_issuer(i);
}

/// The audience is looked at each time: a token may be shown at another endpoint.
Verdict OAuth::verdict_of(TokenCache::Known const& known, Resource const& resource) const {
  if (auto const* const denial = std::get_if<Denial>(&known.who)) return *denial;
  if (!is_meant(known.audience, config_.audience, resource)) return Denial::WrongAudience;
  return &std::get<Principal>(known.who);
}

Verdict OAuth::check_jwt(Shown const& shown, Digest const& digest) {
  auto const read = read_jwt(shown.token);
  if (auto const* const denial = std::get_if<Denial>(&read)) return *denial;
  auto const& jwt = std::get<Jwt>(read);
  if (std::ranges::find(algorithms_, jwt.algorithm) == algorithms_.end()) return Denial::WrongAlgorithm;
  auto const of =
      std::ranges::find_if(issuers_, [&](auto const& issuer) { return issuer->config().issuer == jwt.claims.issuer; });
  if (of == issuers_.end()) return Denial::WrongIssuer;
  auto const issuer = static_cast<std::size_t>(of - issuers_.begin());
  return (*of)->has_key_source() ? verify(jwt, issuer, shown, digest) : ask(issuer, shown, digest);
}

Verdict OAuth::verify(Jwt const& jwt, std::size_t index, Shown const& shown, Digest const& digest) {
  auto& issuer = *issuers_[index];
  auto* const key = issuer.keys() != nullptr ? issuer.keys()->find(jwt) : nullptr;
  if (key == nullptr) {
    auto const wait = shown.patience == Patience::CanWait ? issuer.renew() : std::nullopt;
    if (wait) return Later{*wait};
    return issuer.keys() == nullptr || issuer.is_away() ? Denial::Unavailable : Denial::UnknownKey;
  }
  if (!is_signed_by(jwt, key)) return Denial::BadSignature;
  auto who = judge(jwt.claims, index, shown.now, Credential::Jwt);
  if (auto const* const denial = std::get_if<Denial>(&who)) return *denial;
  auto const leeway = std::chrono::floor<seconds>(config_.leeway);
  // It is accepted until the second before this one.
  auto const until = *jwt.claims.expires + leeway - seconds{1};
  auto const& known = cache_.put(digest, {std::move(who), jwt.claims.audience, until, index});
  return verdict_of(known, shown.resource);
}

std::variant<Principal, Denial> OAuth::judge(Claims const& claims, std::size_t issuer, UnixTime now,
                                             Credential credential) const {
  auto const leeway = std::chrono::floor<seconds>(config_.leeway);
  if (auto const denial = check_times(claims, now, leeway)) return *denial;
  auto principal = principal_of(claims, issuers_[issuer]->config().name, credential);
  if (!principal) return Denial::Malformed;
  policy_.find_rules(*principal);
  return *std::move(principal);
}

// ── tokens that only the issuer can read ─────────────────────────────────────

Verdict OAuth::ask(std::size_t index, Shown const& shown, Digest const& digest) {
  if (auto const asked = questions_.find(digest); asked != questions_.end()) return Later{asked->second};
  auto& issuer = *issuers_[index];
  if (issuer.introspection_endpoint().empty()) {
    auto const wait = shown.patience == Patience::CanWait ? issuer.renew() : std::nullopt;
    return wait ? Verdict(Later{*wait}) : Verdict(Denial::Unavailable);
  }
  if (questions_.size() >= kMostQuestions) return Denial::Unavailable;
  auto const wait = needs_.waits.begin();
  questions_.emplace(digest, wait);
  needs_.fetcher.fetch(
      introspection_request(*issuer.config().introspection, issuer.introspection_endpoint(), shown.token),
      [this, index, digest](Result<Fetched> const& answer) { on_answer(index, digest, answer); });
  return Later{wait};
}

void OAuth::on_answer(std::size_t index, Digest const& digest, Result<Fetched> const& answer) {
  auto const& issuer = *issuers_[index];
  auto const body = body_of(answer, issuer.introspection_endpoint());
  needs_.observer.on_source_read({.kind = "introspection", .which = issuer.config().name},
                                 body ? std::string_view{} : std::string_view(body.error().what));
  // That it could not be asked is remembered, too: those who wait are told so, and do not make it be asked again.
  cache_.put(digest,
             body ? known_from(index, *body)
                  : TokenCache::Known{
                        .who = Denial::Unavailable, .until = needs_.wall_clock() + kForThoseWhoWait, .issuer = index});
  auto const asked = questions_.find(digest);
  auto const wait = asked->second;
  questions_.erase(asked);
  needs_.waits.end(wait);
}

TokenCache::Known OAuth::known_from(std::size_t index, std::string_view answer) const {
  auto const& config = issuers_[index]->config();
  auto const now = needs_.wall_clock();
  auto const good_until = now + std::max(std::chrono::floor<seconds>(config.introspection->cache), kForThoseWhoWait);
  TokenCache::Known known{.who = Denial::Inactive, .until = good_until, .issuer = index};
  auto read = read_introspection(answer, config.issuer);
  if (auto const* const denial = std::get_if<Denial>(&read)) {
    known.who = *denial;
    return known;
  }
  auto& claims = std::get<Claims>(read);
  // RFC 7662 leaves it out where the issuer has no fixed end for the token.
  if (!claims.expires) claims.expires = good_until + seconds{1};
  known.who = judge(claims, index, now, Credential::OpaqueToken);
  auto const ends = *claims.expires + std::chrono::floor<seconds>(config_.leeway) - seconds{1};
  if (std::holds_alternative<Principal>(known.who)) known.until = std::min(good_until, ends);
  known.audience = std::move(claims.audience);
  return known;
}

}  // namespace gateway::auth
