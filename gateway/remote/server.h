// The remote server as requests to it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gateway/fetch/curl_loop.h"
#include "gateway/fetch/exchange.h"
#include "gateway/remote/settings.h"

namespace gateway::remote {

/// Knows where it is and what it wants to be shown. Credentials are sent to the origin that was configured, and to no
/// other. Outlives whoever asks it.
class Server {
 public:
  Server(fetch::CurlLoop& curl, Settings settings)
      : curl_(curl), settings_(std::move(settings)), shown_(settings_.address.shown()) {}
  Server(Server const&) = delete;
  Server& operator=(Server const&) = delete;

  using Fields = std::vector<std::string>;
  using Asked = std::unique_ptr<fetch::Exchange>;
  /// To `address`, or where it is.
  [[nodiscard]] Asked post(std::optional<fetch::WebAddress> const& address, std::string body, Fields const& fields,
                           fetch::Exchange::Listener& listener);
  /// To another URL of the same server.
  [[nodiscard]] Asked post_to(fetch::WebAddress const& address, std::string body, fetch::Exchange::Listener& listener);
  /// For an event stream; the same.
  [[nodiscard]] Asked listen(std::optional<fetch::WebAddress> const& address, Fields const& fields,
                             fetch::Exchange::Listener& listener);
  [[nodiscard]] Asked end_session(Fields const& fields, fetch::Exchange::Listener& listener);

  /// What a redirect to `location` leads to: nothing where it is another server's, or no URL.
  [[nodiscard]] std::optional<fetch::WebAddress> same_server(std::string_view location) const;
  /// It said that it is there now.
  void moved_to(fetch::WebAddress address) { settings_.address = std::move(address); }

  [[nodiscard]] Settings const& settings() const { return settings_; }
  /// What it is called in errors and logs.
  [[nodiscard]] std::string const& shown() const { return shown_; }
  [[nodiscard]] io::EventLoop& loop() { return curl_.loop(); }

 private:
  [[nodiscard]] fetch::Request request(std::string method, fetch::WebAddress const& address,
                                       Fields const& fields) const;
  [[nodiscard]] Asked ask(fetch::Request request, fetch::Exchange::Listener& listener);

  fetch::CurlLoop& curl_;
  Settings settings_;
  std::string shown_;
};

}  // namespace gateway::remote
