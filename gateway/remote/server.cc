#include "gateway/remote/server.h"

#include <utility>

namespace gateway::remote {

fetch::Request Server::request(std::string method, fetch::WebAddress const& address, Fields const& fields) const {
  fetch::Request request{.method = std::move(method),
                         .url = address.text(),
                         .fields = settings_.fields,
                         .ca_file = settings_.ca_file,
                         .connect_timeout = settings_.connect_timeout};
  request.fields.insert(request.fields.end(), fields.begin(), fields.end());
  return request;
}

Server::Asked Server::ask(fetch::Request request, fetch::Exchange::Listener& listener) {
  return std::make_unique<fetch::Exchange>(curl_, std::move(request), listener);
}

Server::Asked Server::post(std::optional<fetch::WebAddress> const& address, std::string body, Fields const& fields,
                           fetch::Exchange::Listener& listener) {
  auto asked = request("POST", address ? *address : settings_.address, fields);
  asked.fields.emplace_back("Content-Type: application/json");
  asked.fields.emplace_back("Accept: application/json, text/event-stream");
  asked.body = std::move(body);
  return ask(std::move(asked), listener);
}

Server::Asked Server::post_to(fetch::WebAddress const& address, std::string body, fetch::Exchange::Listener& listener) {
  auto asked = request("POST", address, {"Content-Type: application/json"});
  asked.body = std::move(body);
  return ask(std::move(asked), listener);
}

Server::Asked Server::listen(std::optional<fetch::WebAddress> const& address, Fields const& fields,
                             fetch::Exchange::Listener& listener) {
  auto asked = request("GET", address ? *address : settings_.address, fields);
  asked.fields.emplace_back("Accept: text/event-stream");
  return ask(std::move(asked), listener);
}

Server::Asked Server::end_session(Fields const& fields, fetch::Exchange::Listener& listener) {
  auto asked = request("DELETE", settings_.address, fields);
  asked.whole_timeout = seconds(2);
  return ask(std::move(asked), listener);
}

std::optional<fetch::WebAddress> Server::same_server(std::string_view location) const {
  if (location.empty()) return std::nullopt;
  auto address = settings_.address.resolve(location);
  if (address && address->origin() != settings_.address.origin()) return std::nullopt;
  return address;
}

}  // namespace gateway::remote
