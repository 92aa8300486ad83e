#include "gateway/passed_connection.h"

#include <sys/mman.h>
#include <sys/types.h>
#include <unistd.h>

#include <array>
#include <string_view>
#include <utility>

namespace gateway {

namespace {

/// A message has a bound, and what was read of a connection has another.
std::optional<io::UniqueFd> file_with(std::string_view text) {
  io::UniqueFd file(::memfd_create("unread", MFD_CLOEXEC));
  if (!file) return std::nullopt;
  while (!text.empty()) {
    auto const written = ::write(file.get(), text.data(), text.size());
    if (written <= 0) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return file;
}

std::string text_in(io::UniqueFd const& file) {
  std::string text;
  std::array<char, 16 * 1024> piece;
  for (off_t at = 0;;) {
    auto const got = ::pread(file.get(), piece.data(), piece.size(), at);
    if (got <= 0) return text;
    text.append(piece.data(), static_cast<std::size_t>(got));
    at += got;
  }
}

}  // namespace

std::optional<io::ProcessChannel::Message> pack(http::MovedConnection connection, std::string listener) {
  PassedConnection passed{.listener = std::move(listener)};
  if (connection.origin) {
    passed.has_origin = true;
    passed.remote = connection.origin->remote;
    passed.certificate = connection.origin->certificate;
  }
  auto unread = file_with(connection.unread);
  if (!unread) return std::nullopt;
  io::ProcessChannel::Message message{.text = to_text(passed)};
  message.descriptors.push_back(std::move(connection.socket));
  message.descriptors.push_back(*std::move(unread));
  return message;
}

std::optional<http::MovedConnection> unpack(PassedConnection passed, io::ProcessChannel::Message message) {
  if (message.descriptors.size() != 2) return std::nullopt;
  http::MovedConnection connection{.socket = std::move(message.descriptors[0]), .tls = nullptr};
  if (passed.has_origin)
    connection.origin = http::Origin{.remote = std::move(passed.remote), .certificate = std::move(passed.certificate)};
  connection.unread = text_in(message.descriptors[1]);
  return connection;
}

}  // namespace gateway
