#include "gateway/frontend/quotas.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "gateway/base/name_rules.h"

namespace gateway::frontend {

using config::QuotaConfig;
using config::QuotaEach;

namespace {

constexpr auto kAnyNumber = std::numeric_limits<std::size_t>::max();

/// From the end of one call to that of the next, if they are spread evenly.
Duration interval_of(QuotaConfig const& quota) {
  return std::chrono::duration_cast<Duration>(quota.per) / static_cast<Duration::rep>(quota.calls);
}

/// Bounded, so that times stay within what a number can hold.
Duration burst_of(QuotaConfig const& quota) {
  constexpr Duration kLongest = std::chrono::hours(24 * 365 * 50);
  auto const calls = static_cast<Duration::rep>(quota.burst > 0 ? quota.burst : quota.calls);
  auto const interval = interval_of(quota);
  return interval > kLongest / calls ? kLongest : interval * calls;
}

bool fits(std::vector<std::string> const& patterns, std::string_view name) {
  return patterns.empty() || fits_any(patterns, name);
}

bool concerns(QuotaConfig const& quota, Quotas::Request const& request) {
  if (!quota.tools.empty() && (request.tool.empty() || !fits_any(quota.tools, request.tool))) return false;
  return fits(quota.services, request.service) && fits(quota.principals, request.principal);
}

/// Names have no line ends: a principal's has no control characters, and a tool's is cut there.
std::string key_of(std::size_t number, QuotaConfig const& quota, Quotas::Request const& request, bool with_names) {
  auto key = std::to_string(number);
  for (auto const each : quota.each) {
    key.push_back('\n');
    if (each == QuotaEach::Service) {
      key.append(request.service);
    } else if (with_names) {
      auto const name = each == QuotaEach::Principal ? request.principal : request.tool;
      key.append(name.substr(0, std::min(name.find('\n'), std::size_t{256})));
    }
  }
  return key;
}

}  // namespace

/// Those which are not used are as good as new.
void Quotas::forget_unused(TimePoint now) {
  std::erase_if(
      used_, [now](auto const& entry) { return entry.second.full_at <= now && entry.second.in_flight.taken() == 0; });
  look_again_at_ = std::clamp<std::size_t>(2 * used_.size(), 1024, kMost);
  looked_ = now;
}

void Quotas::replace(std::vector<config::QuotaConfig> const& config) {
  std::lock_guard const guard(lock_);
  auto const before = std::exchange(quotas_, {});
  for (auto const& each : config) {
    auto const same = std::find_if(before.begin(), before.end(), [&](Quota const& old) { return old.config == each; });
    quotas_.push_back({each, same != before.end() ? same->number : ++last_number_});
  }
  any_.store(!quotas_.empty(), std::memory_order_relaxed);
}

Quotas::Used& Quotas::used_of(Quota const& of, Request const& request, TimePoint now) {
  auto const& [quota, number] = of;
  auto key = key_of(number, quota, request, true);
  if (auto const known = used_.find(key); known != used_.end()) return known->second;
  if (used_.size() >= look_again_at_ && now - looked_ >= seconds(1)) forget_unused(now);
  if (used_.size() >= kMost) key = key_of(number, quota, request, false);
  return used_.try_emplace(std::move(key), quota.in_flight > 0 ? quota.in_flight : kAnyNumber).first->second;
}

std::variant<Quotas::Places, Quotas::Exceeded> Quotas::take(Request const& request, TimePoint now) {
  std::lock_guard const guard(lock_);
  Places places;
  Places held;  // until the end of this: nobody forgets what is in use
  std::vector<std::pair<Used*, TimePoint>> filled;
  for (auto const& each : quotas_) {
    auto const& quota = each.config;
    if (!concerns(quota, request)) continue;
    auto& used = used_of(each, request, now);
    auto place = used.in_flight.take();
    if (!place) return Exceeded{.reason = "in_flight_limit"};
    if (quota.calls > 0) {
      auto const full_at = std::max(used.full_at, now) + interval_of(quota);
      auto const wait = full_at - now - burst_of(quota);
      if (wait > Duration{}) return Exceeded{.reason = "rate_limited", .retry_after = wait};
      filled.emplace_back(&used, full_at);
    }
    (quota.in_flight > 0 ? places : held).push_back(std::move(place));
  }
  for (auto const& [used, full_at] : filled) used->full_at = full_at;
  return places;
}

std::size_t Quotas::size() const {
  std::lock_guard const guard(lock_);
  return used_.size();
}

}  // namespace gateway::frontend
