// A string that is not shown by accident.
#pragma once

#include <fmt/core.h>

#include <ostream>
#include <string>
#include <utility>

namespace gateway::config {

/// A secret string: printing it yields `***`. Its value is
/// reached only by saying so.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) : value_(std::move(value)) {}

  [[nodiscard]] std::string const& reveal() const { return value_; }
  [[nodiscard]] bool empty() const { return value_.empty(); }

  bool operator==(Secret const&) const = default;
  friend std::ostream& operator<<(std::ostream& out, Secret const&) { return out << "***"; }

 private:
  std::string value_;
};

}  // namespace gateway::config

template <>
struct fmt::formatter<gateway::config::Secret> {
  constexpr auto parse(format_parse_context& context) { return context.begin(); }
  template <typename Context>
  auto format(gateway::config::Secret const&, Context& context) const {
    return fmt::format_to(context.out(), "***");
  }
};
