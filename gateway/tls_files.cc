#include "gateway/tls_files.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <ctime>
#include <iterator>
#include <optional>
#include <utility>

#include "gateway/io/changing_file.h"

namespace gateway {

namespace {

using Fault = io::TlsFault;

struct Place {
  std::string_view field;
  std::string const& file;
};

Place place_of(config::TlsConfig const& config, Fault::In in) {
  switch (in) {
    case Fault::In::Certificate: return {"certificate", config.certificate};
    case Fault::In::ClientCa: return {"client_ca", config.client_ca};
    case Fault::In::Key: break;
  }
  return {"key", config.key};
}

config::ConfigError unreadable(TlsSetting const& setting, Fault::In in, std::string what) {
  return {fmt::format("{}.{}", setting.path, place_of(setting.config, in).field), std::move(what)};
}

Result<std::string> content_of(std::string const& path) { return *io::ChangingFile(path).read_if_changed(); }

bool is_open_to_all(std::string const& path) {
  struct stat file {};
  return ::stat(path.c_str(), &file) == 0 && (file.st_mode & S_IROTH) != 0;
}

io::TlsClients clients_of(config::ClientAuth auth) {
  switch (auth) {
    case config::ClientAuth::Off: return io::TlsClients::Anonymous;
    case config::ClientAuth::Optional: return io::TlsClients::MayCertify;
    case config::ClientAuth::Required: break;
  }
  return io::TlsClients::MustCertify;
}

io::CertifiedName name_of(config::ClientName name) {
  switch (name) {
    case config::ClientName::CommonName: break;
    case config::ClientName::Email: return io::CertifiedName::Email;
    case config::ClientName::Dns: return io::CertifiedName::Dns;
    case config::ClientName::Uri: return io::CertifiedName::Uri;
  }
  return io::CertifiedName::CommonName;
}

io::TlsRules rules_of(config::TlsConfig const& config) {
  auto const is_new_only = config.min_version == config::TlsVersion::V13;
  return {.minimum = is_new_only ? io::TlsMinimum::V13 : io::TlsMinimum::V12,
          .clients = clients_of(config.client_auth),
          .name = name_of(config.client_name)};
}

std::vector<TlsSetting> of_gateway(config::GatewayConfig const& gateway) {
  std::vector<TlsSetting> settings;
  if (gateway.tls) settings.push_back({"main", "gateway.tls", *gateway.tls});
  if (gateway.admin_tls && gateway.admin_listen) settings.push_back({"admin", "gateway.admin_tls", *gateway.admin_tls});
  return settings;
}

void add(std::vector<TlsSetting>& settings, config::ServiceConfig const& service) {
  if (service.tls && service.listen && !service.disabled)
    settings.push_back({service.name, tls_path_of(service), *service.tls});
}

}  // namespace

std::string tls_path_of(config::ServiceConfig const& service) { return fmt::format("mcpServers.{}.tls", service.name); }

std::vector<TlsSetting> tls_settings(config::GatewayConfig const& gateway,
                                     std::vector<config::ServiceConfig> const& services) {
  auto settings = of_gateway(gateway);
  for (auto const& service : services) add(settings, service);
  return settings;
}

std::vector<TlsSetting> tls_settings(config::GatewayConfig const& gateway, frontend::Directory const& directory) {
  auto settings = of_gateway(gateway);
  for (auto const& listed : directory.services()) add(settings, listed.config);
  return settings;
}

std::string utc_text(UnixTime time) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(static_cast<std::time_t>(time.time_since_epoch().count())));
}

std::variant<io::TlsIdentity, config::ConfigError> read_tls_files(TlsSetting const& setting) {
  auto const& config = setting.config;
  auto const chain = content_of(config.certificate);
  if (!chain) return unreadable(setting, Fault::In::Certificate, chain.error().what);
  auto const key = content_of(config.key);
  if (!key) return unreadable(setting, Fault::In::Key, key.error().what);
  auto const client_ca = config.asks_clients() ? content_of(config.client_ca) : Result<std::string>(std::string{});
  if (!client_ca) return unreadable(setting, Fault::In::ClientCa, client_ca.error().what);
  auto made = io::TlsIdentity::make({.chain = *chain, .key = *key, .client_ca = *client_ca}, rules_of(config));
  if (auto* const identity = std::get_if<io::TlsIdentity>(&made)) return std::move(*identity);
  auto const& fault = std::get<Fault>(made);
  return unreadable(setting, fault.in, fmt::format("{}: {}", place_of(config, fault.in).file, fault.why));
}

std::vector<config::ConfigWarning> tls_warnings(TlsSetting const& setting, io::TlsIdentity const& identity,
                                                UnixTime now) {
  std::vector<config::ConfigWarning> warnings;
  auto const& config = setting.config;
  auto const about_certificate = [&](std::string_view what, UnixTime when) {
    warnings.push_back({setting.path + ".certificate",
                        fmt::format("The certificate in {} {} {}.", config.certificate, what, utc_text(when))});
  };
  if (identity.expires() <= now) about_certificate("has expired: it was valid until", identity.expires());
  if (identity.begins() > now) about_certificate("is not valid yet: only from", identity.begins());
  if (is_open_to_all(config.key))
    warnings.push_back(
        {setting.path + ".key",
         fmt::format("Every user of this machine can read {}; expected a mode such as 0640.", config.key)});
  return warnings;
}

std::vector<config::ConfigError> check_tls_files(config::Config& config, UnixTime now) {
  std::vector<config::ConfigError> errors;
  for (auto const& setting : tls_settings(config.gateway, config.services)) {
    auto const read = read_tls_files(setting);
    if (auto const* const error = std::get_if<config::ConfigError>(&read)) {
      errors.push_back(*error);
    } else {
      auto found = tls_warnings(setting, std::get<io::TlsIdentity>(read), now);
      config.warnings.insert(config.warnings.end(), std::make_move_iterator(found.begin()),
                             std::make_move_iterator(found.end()));
    }
  }
  return errors;
}

}  // namespace gateway
