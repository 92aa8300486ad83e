// The services of a loop: started together, watched, stopped together.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "gateway/backend/service.h"

namespace gateway::backend {

/// Owned by the Shard. A service that does not start never delays or stops the
/// others: each is on its own timers.
class Supervisor final : public Service::Owner {
 public:
  class Owner {
   public:
    /// Every child of every service is gone after `stop`. Called once.
    virtual void on_all_stopped() = 0;
    /// A service that was removed has no session and no child any more. It lives to the end of the turn.
    virtual void on_service_gone(ServiceKey key) = 0;

   protected:
    ~Owner() = default;
  };

  Supervisor(Context context, Owner& owner) : context_(std::move(context)), owner_(owner) {}

  /// Another service, which `start` starts.
  Service& add(ServiceKey key, config::ServiceConfig config, metrics::ServiceProbe& metrics);

  void start();
  /// Has the service removed (Service::remove); `on_service_gone` follows, perhaps before this returns.
  void remove(ServiceKey key, Duration patience);
  void stop();
  void tick();

  /// Null when the service does not live here.
  [[nodiscard]] Service* find(ServiceKey key);
  /// In the order in which they were added, without those that are being removed.
  [[nodiscard]] std::vector<std::unique_ptr<Service>> const& services() const { return services_; }
  [[nodiscard]] std::size_t calls_owed() const;
  /// As Edition has it.
  [[nodiscard]] std::size_t calls_suspended() const;

 private:
  void on_service_stopped(Service& service) override;
  void look_whether_all_stopped();
  [[nodiscard]] std::vector<Service*> all() const;

  Context context_;
  Owner& owner_;
  std::vector<std::unique_ptr<Service>> services_;
  std::vector<std::unique_ptr<Service>> leaving_;  ///< that were removed
  bool stopping_ = false;
  bool told_ = false;
};

}  // namespace gateway::backend
