// Versions of services: which part of owners each has, and canaries that change it step by step.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/admin/canary.h"
#include "gateway/config/config.h"
#include "gateway/deploy/course.h"
#include "gateway/deploy/course_book.h"
#include "gateway/frontend/directory.h"
#include "gateway/frontend/versions.h"
#include "gateway/health/health.h"
#include "gateway/log/log.h"
#include "gateway/metrics/metrics.h"

namespace gateway {

/// Lives on the first loop. Weights hold on the loops where sessions are opened; here it is decided what they are.
/// What differs from the configuration is kept in `gateway.state_file`, before it holds.
class Canaries {
 public:
  class Owner {
   public:
    [[nodiscard]] virtual frontend::Directory const& directory() const = 0;
    /// On the loop where the service lives, soon.
    virtual void set_weights(ServiceKey service, frontend::VersionWeights weights) = 0;

   protected:
    ~Owner() = default;
  };

  struct Needs {
    config::GatewayConfig const& config;
    Clock const& clock;
    log::Log& log;
    metrics::Metrics& metrics;
    Owner& owner;
  };
  /// References outlive it.
  explicit Canaries(Needs needs) : needs_(needs) {}

  /// This process is about to serve: what was kept holds, and canaries go on.
  void begin();
  /// There is another directory. What was decided for versions that are configured otherwise by now, holds no more.
  void take_up();
  /// Whether there is something to look at.
  [[nodiscard]] bool are_under_way() const;
  /// Once a second while there is.
  void look(health::GatewayHealth const& health);

  [[nodiscard]] admin::CanaryEnd act(admin::CanaryRequest const& request);
  [[nodiscard]] std::vector<admin::ServiceVersions> status() const;

 private:
  /// The versions of a service, in the order of the configuration.
  struct Listed {
    std::string service;
    std::vector<frontend::ListedService const*> versions;
  };
  struct Current {
    deploy::Weights configured{};
    deploy::Weights weights{};
    std::optional<deploy::Course> course{};
    config::CanaryConfig config{};  ///< of the course
  };
  [[nodiscard]] std::vector<Listed> listed() const;
  [[nodiscard]] std::optional<Listed> find(std::string_view service) const;
  [[nodiscard]] admin::CanaryEnd start(admin::CanaryRequest const& request, Listed const& service, Current& current);
  [[nodiscard]] admin::CanaryEnd set_weights(admin::CanaryRequest const& request, Current& current);
  [[nodiscard]] deploy::CourseBook read_kept();
  void keep();
  void hide_gone(std::string const& service, Current const& was);
  void apply(Listed const& service, Current const& current);
  void follow_course(std::string const& service);
  void tell_course(std::string const& service, deploy::Course const& course);
  [[nodiscard]] std::chrono::milliseconds now() const;

  Needs needs_;
  std::map<std::string, Current, std::less<>> current_;  ///< by service; of all that have versions
};

}  // namespace gateway
