#include "gateway/tls_listeners.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>
#include <variant>

namespace gateway {

namespace {

UnixTime now() { return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()); }

}  // namespace

TlsListeners::Listener::Listener(TlsSetting const& of, io::TlsIdentity identity)
    : certificate(of.config.certificate), key(of.config.key), server(std::move(identity)) {
  watch(of);
}

void TlsListeners::Listener::watch(TlsSetting const& of) {
  setting = of;
  certificate = io::ChangingFile(of.config.certificate);
  key = io::ChangingFile(of.config.key);
  client_ca.reset();
  if (of.config.asks_clients()) client_ca.emplace(of.config.client_ca);
  trouble.reset();
  (void)has_changed();
}

bool TlsListeners::Listener::has_changed() {
  auto const new_certificate = certificate.read_if_changed().has_value();
  auto const new_key = key.read_if_changed().has_value();
  auto const new_authorities = client_ca && client_ca->read_if_changed().has_value();
  return new_certificate || new_key || new_authorities;
}

Result<TlsListeners::Read> TlsListeners::read(std::vector<TlsSetting> const& settings) {
  Read all;
  for (auto const& setting : settings) {
    auto read = read_tls_files(setting);
    if (auto const* const error = std::get_if<config::ConfigError>(&read))
      return Error{fmt::format("{}: {}", error->path, error->what)};
    all.emplace_back(setting, std::move(std::get<io::TlsIdentity>(read)));
  }
  return all;
}

void TlsListeners::use(Read read) {
  former_ = std::exchange(listeners_, {});
  for (auto& [setting, identity] : read) {
    metrics_.certificate_read(setting.listener, identity.expires());
    auto const known = std::ranges::find_if(
        former_, [&path = setting.path](auto const& listener) { return listener->setting.path == path; });
    if (known == former_.end()) {
      listeners_.push_back(std::make_unique<Listener>(setting, std::move(identity)));
      continue;
    }
    (*known)->watch(setting);
    (*known)->server.replace(std::move(identity));
    listeners_.push_back(std::move(*known));
    former_.erase(known);
  }
  for (auto const& gone : former_) metrics_.certificate_gone(gone->setting.listener);
}

io::TlsServer* TlsListeners::find(std::string_view path) const {
  for (auto const& listener : listeners_)
    if (listener->setting.path == path) return &listener->server;
  return nullptr;
}

void TlsListeners::tick(log::Log& log) {
  for (auto const& listener : listeners_) {
    if (listener->has_changed()) {
      read_again(*listener, log);
    } else if (listener->trouble) {
      // Whoever renews a certificate writes one file after the other: only a pair that stays bad is one.
      metrics_.certificate_unusable(listener->setting.listener);
      log.error("tls.certificate", "the new certificate cannot be used, and the one before stays in use",
                {{"listener", listener->setting.listener},
                 {"err.kind", "certificate"},
                 {"err.msg", *std::exchange(listener->trouble, std::nullopt)}});
    }
  }
}

void TlsListeners::read_again(Listener& listener, log::Log& log) {
  auto const& setting = listener.setting;
  auto read = read_tls_files(setting);
  if (auto const* const error = std::get_if<config::ConfigError>(&read)) {
    listener.trouble = fmt::format("{}: {}", error->path, error->what);
    return;
  }
  listener.trouble.reset();
  auto& identity = std::get<io::TlsIdentity>(read);
  metrics_.certificate_read(setting.listener, identity.expires());
  log.info("tls.certificate", "a new certificate is in use",
           {{"listener", setting.listener}, {"expires", utc_text(identity.expires())}});
  for (auto const& warning : tls_warnings(setting, identity, now()))
    log.warn("config.warning", warning.what, {{"path", warning.path}});
  listener.server.replace(std::move(identity));
}

}  // namespace gateway
