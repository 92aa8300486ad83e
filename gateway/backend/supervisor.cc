#include "gateway/backend/supervisor.h"

#include <algorithm>
#include <utility>

namespace gateway::backend {

Service& Supervisor::add(ServiceKey key, config::ServiceConfig config, metrics::ServiceProbe& metrics) {
  return *services_.emplace_back(std::make_unique<Service>(context_, key, std::move(config), metrics, *this));
}

Service* Supervisor::find(ServiceKey key) {
  auto const found =
      std::find_if(services_.begin(), services_.end(), [&](auto const& each) { return each->key() == key; });
  return found == services_.end() ? nullptr : found->get();
}

void Supervisor::start() {
  for (auto const& service : services_) service->start();
}

void Supervisor::stop() {
  if (std::exchange(stopping_, true)) return;
  for (auto const& service : services_) service->stop();
  on_service_stopped();
}

void Supervisor::on_service_stopped() {
  auto const all = std::all_of(services_.begin(), services_.end(), [](auto const& each) { return each->stopped(); });
  // Services without a child have stopped from the start: each of them says so.
  if (stopping_ && all && !std::exchange(told_, true)) owner_.on_all_stopped();
}

void Supervisor::tick() {
  for (auto const& service : services_) service->tick();
}

std::size_t Supervisor::calls_owed() const {
  std::size_t owed = 0;
  for (auto const& service : services_) owed += service->calls_owed();
  return owed;
}

}  // namespace gateway::backend
