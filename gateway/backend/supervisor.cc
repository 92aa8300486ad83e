#include "gateway/backend/supervisor.h"

#include <algorithm>
#include <utility>

namespace gateway::backend {

Service& Supervisor::add(ServiceKey key, config::ServiceConfig config, metrics::ServiceProbe& metrics) {
  return *services_.emplace_back(std::make_unique<Service>(context_, key, std::move(config), metrics, *this));
}

namespace {

auto with_key(std::vector<std::unique_ptr<Service>>& services, ServiceKey key) {
  return std::find_if(services.begin(), services.end(), [&](auto const& each) { return each->key() == key; });
}

}  // namespace

Service* Supervisor::find(ServiceKey key) {
  auto const found = with_key(services_, key);
  return found == services_.end() ? nullptr : found->get();
}

void Supervisor::start() {
  for (auto const& service : services_) service->start();
}

void Supervisor::remove(ServiceKey key, Duration patience) {
  auto const found = with_key(services_, key);
  if (found == services_.end()) return;
  auto& service = *leaving_.emplace_back(std::move(*found));
  services_.erase(found);
  service.remove(patience);
}

void Supervisor::stop() {
  if (std::exchange(stopping_, true)) return;
  for (auto* const service : all()) service->stop();
  look_whether_all_stopped();
}

std::vector<Service*> Supervisor::all() const {
  std::vector<Service*> services;
  for (auto const& service : services_) services.push_back(service.get());
  for (auto const& service : leaving_) services.push_back(service.get());
  return services;
}

void Supervisor::on_service_stopped(Service& service) {
  if (auto const left = with_key(leaving_, service.key()); left != leaving_.end()) {
    context_.loop.bury(std::move(*left));
    leaving_.erase(left);
    owner_.on_service_gone(service.key());
  }
  look_whether_all_stopped();
}

void Supervisor::look_whether_all_stopped() {
  auto const services = all();
  auto const stopped = std::all_of(services.begin(), services.end(), [](auto const* each) { return each->stopped(); });
  // Services without a child have stopped from the start: each of them says so.
  if (stopping_ && stopped && !std::exchange(told_, true)) owner_.on_all_stopped();
}

void Supervisor::tick() {
  for (auto* const service : all()) service->tick();
}

std::size_t Supervisor::calls_suspended() const {
  std::size_t suspended = 0;
  for (auto const* const service : all()) suspended += service->calls_suspended();
  return suspended;
}

std::size_t Supervisor::calls_owed() const {
  std::size_t owed = 0;
  for (auto const* const service : all()) owed += service->calls_owed();
  return owed;
}

}  // namespace gateway::backend
