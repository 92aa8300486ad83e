// All services: started together, watched, stopped together.
#pragma once

#include <memory>
#include <vector>

#include "gateway/backend/service.h"

namespace gateway::backend {

/// Owned by the program's root. A service that does not start never delays or
/// stops the others: each is on its own timers.
class Supervisor final : public Service::Owner {
 public:
  class Owner {
   public:
    /// Every child of every service is gone after `stop`. Called once.
    virtual void on_all_stopped() = 0;

   protected:
    ~Owner() = default;
  };

  Supervisor(Surroundings around, std::vector<config::ServiceConfig> const& configs, metrics::Metrics& metrics,
             Owner& owner);

  void start();
  void stop();
  void tick();

  /// In the order of the configurations given.
  [[nodiscard]] std::vector<std::unique_ptr<Service>> const& services() const { return services_; }
  [[nodiscard]] std::size_t calls_owed() const;

 private:
  void on_service_stopped() override;

  Owner& owner_;
  std::vector<std::unique_ptr<Service>> services_;
  bool stopping_ = false;
  bool told_ = false;
};

}  // namespace gateway::backend
