#include "gateway/auth/issuer.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace gateway::auth {

namespace {

bool is_asked_about_each(config::IssuerConfig const& config) {
  return config.introspection && !config.introspection->endpoint.empty() && config.jwks_uri.empty() &&
         config.jwks_file.empty();
}

}  // namespace

Result<std::string> body_of(Result<Fetched> const& answer, std::string_view url) {
  constexpr int kOk = 200;
  if (!answer) return answer.error();
  if (answer->status != kOk) return Error{fmt::format("{} answered with status {}", url, answer->status)};
  return answer->body;
}

Issuer::Issuer(config::IssuerConfig const& config, Needs const& needs)
    : config_(config), needs_(needs), has_key_source_(!is_asked_about_each(config)), jwks_uri_(config.jwks_uri) {
  if (config.introspection) introspection_endpoint_ = config.introspection->endpoint;
  if (!config.jwks_file.empty()) {
    file_.emplace(config.jwks_file);
    read_file();
  }
}

bool Issuer::needs_metadata() const {
  return (has_key_source_ && !file_ && jwks_uri_.empty()) || (config_.introspection && introspection_endpoint_.empty());
}

bool Issuer::take_allowance() {
  auto const now = needs_.clock.now();
  if (last_begun_ != TimePoint{}) {
    auto const passed = std::chrono::duration<double>(now - last_begun_) / std::chrono::duration<double>(kRetry);
    allowance_ = std::min(kBurst, allowance_ + passed);
  }
  if (allowance_ < 1) return false;
  allowance_ -= 1;
  last_begun_ = now;
  return true;
}

std::optional<WaitId> Issuer::renew() {
  if (under_way_) return under_way_;
  // A file is looked at every second anyway.
  if ((file_ && !needs_metadata()) || !take_allowance()) return std::nullopt;
  begin();
  return under_way_;
}

bool Issuer::tick() {
  if (file_) read_file();
  auto const has_to_ask = needs_metadata() || (has_key_source_ && !file_);
  if (has_to_ask && !under_way_ && needs_.clock.now() >= next_) begin();
  return std::exchange(keys_changed_, false);
}

void Issuer::begin() {
  under_way_ = needs_.waits.begin();
  next_ = needs_.clock.now() + kRetry;
  if (needs_metadata()) return ask_for_metadata(0);
  ask_for_keys();
}

void Issuer::read_file() {
  auto const content = file_->read_if_changed();
  if (content) report(take_keys(*content, file_->path()));
}

void Issuer::ask_for_metadata(std::size_t place) {
  auto const places = metadata_places(config_.issuer);
  needs_.fetcher.fetch({.url = places[place]},
                       [this, place](Result<Fetched> const& answer) { on_metadata(place, answer); });
}

void Issuer::on_metadata(std::size_t place, Result<Fetched> const& answer) {
  auto const places = metadata_places(config_.issuer);
  auto const body = body_of(answer, places[place]);
  // A server that can be reached and has nothing there may have it elsewhere.
  if (!body && answer && place + 1 < places.size()) return ask_for_metadata(place + 1);
  if (!body) return over(body.error().what);
  auto const metadata = read_metadata(*body, config_.issuer);
  if (!metadata) return over(fmt::format("{}: {}", places[place], metadata.error().what));
  if (introspection_endpoint_.empty()) introspection_endpoint_ = metadata->introspection_endpoint;
  if (jwks_uri_.empty()) jwks_uri_ = metadata->jwks_uri;
  if (config_.introspection && introspection_endpoint_.empty())
    return over(fmt::format("{} names no introspection_endpoint", places[place]));
  ask_for_keys();
}

void Issuer::ask_for_keys() {
  if (file_ || !has_key_source_) return over({});
  if (jwks_uri_.empty()) return over(fmt::format("the metadata of the issuer {} names no jwks_uri", config_.issuer));
  needs_.fetcher.fetch({.url = jwks_uri_}, [this](Result<Fetched> const& answer) {
    over(take_keys(body_of(answer, jwks_uri_), jwks_uri_));
  });
}

/// Why they could not be taken.
std::string Issuer::take_keys(Result<std::string> const& jwks, std::string_view where) {
  if (!jwks) return jwks.error().what;
  auto keys = KeySet::read(*jwks);
  if (!keys) return fmt::format("the keys at {} cannot be used: {}", where, keys.error().what);
  keys_changed_ |= keys_ && !keys_->is_within(*keys);
  keys_ = *std::move(keys);
  return {};
}

void Issuer::report(std::string_view trouble) {
  is_away_ = !trouble.empty();
  needs_.observer.on_source_read({.kind = "jwks", .which = config_.name}, trouble);
}

void Issuer::over(std::string_view trouble) {
  next_ = needs_.clock.now() + (trouble.empty() ? kRefresh : kRetry);
  // Where the keys are may change, too: it is looked up again.
  if (!trouble.empty() && config_.jwks_uri.empty()) jwks_uri_.clear();
  report(trouble);
  if (auto const wait = std::exchange(under_way_, std::nullopt)) needs_.waits.end(*wait);
}

}  // namespace gateway::auth
