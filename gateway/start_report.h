// What a person who starts the gateway at a terminal is told: where it is, and a line
// for each service as it becomes ready, or why it does not.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "gateway/base/clock.h"
#include "gateway/config/config.h"
#include "gateway/health/health.h"

namespace gateway {

/// An open listener, with the port the system chose.
struct OpenListener {
  config::ListenAddress address{};
  bool has_tls = false;
};

/// Where the gateway listens.
struct Listening {
  OpenListener main{};
  std::optional<OpenListener> admin{};
  std::map<std::string, OpenListener> of_services{};
};

/// The address a browser or a client on this machine takes.
[[nodiscard]] std::string url_of(OpenListener const& listener);

/// Fed with how services are, again and again; gives lines that were not given yet.
/// Pure: who asks, and where lines go, is the Gateway's.
class StartReport {
 public:
  struct About {
    std::string version;
    std::vector<std::string> services;
    Listening listening;
    std::vector<config::GroupConfig> groups{};
    bool single = false;      ///< one service, its endpoints at the root
    bool asks_token = false;  ///< clients must show one
  };
  explicit StartReport(About about);

  /// How long a service may start before that is told, and how long its start is watched.
  static constexpr Duration kPatience = seconds(10);
  static constexpr Duration kWatch = seconds(120);

  /// The lines before anything has started.
  [[nodiscard]] std::string beginning() const;
  /// New lines, `since` the start; empty mostly.
  [[nodiscard]] std::string look(std::vector<health::ServiceHealth> const& services, Duration since);
  /// There is nothing left to tell.
  [[nodiscard]] bool is_over(Duration since) const;

 private:
  struct Told {
    bool ready = false;
    bool final = false;  ///< it will not become ready
    bool trouble = false;
    bool waiting = false;
    unsigned without_tools = 0;  ///< looks at which it was ready and its tools not known
  };

  [[nodiscard]] std::string line(std::string const& service, std::string const& text) const;
  [[nodiscard]] std::string urls(std::string const& service) const;
  [[nodiscard]] std::string look_at(health::ServiceHealth const& service, Duration since);

  About about_;
  std::size_t width_ = 0;  ///< of the longest name
  std::map<std::string, Told> told_;
};

}  // namespace gateway
