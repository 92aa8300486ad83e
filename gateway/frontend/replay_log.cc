#include "gateway/frontend/replay_log.h"

#include <fmt/format.h>

#include <charconv>

namespace gateway::frontend {

namespace {

std::optional<std::uint64_t> number_from(std::string_view text) {
  std::uint64_t number = 0;
  auto const [end, ec] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (ec != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

std::string EventId::text() const { return fmt::format("{}-{}", stream, number); }

std::optional<EventId> EventId::from(std::string_view text) {
  auto const dash = text.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  auto const stream = number_from(text.substr(0, dash));
  auto const number = number_from(text.substr(dash + 1));
  if (!stream || !number) return std::nullopt;
  return EventId{*stream, *number};
}

void ReplayLog::add(EventId id, std::string message) {
  bytes_ += message.size();
  events_.push_back({id, std::move(message)});
  while (!events_.empty() && (events_.size() > max_events_ || bytes_ > max_bytes_)) {
    bytes_ -= events_.front().message.size();
    events_.pop_front();
  }
}

bool ReplayLog::reaches(EventId id, std::uint64_t last_number) const {
  auto expected = id.number;
  for_each_after(id, [&](Event const& event) {
    if (event.id.number == expected + 1) ++expected;
  });
  return expected == last_number;
}

}  // namespace gateway::frontend
