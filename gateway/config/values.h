// How single values are written in a configuration: durations, sizes,
// addresses, names.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/base/clock.h"
#include "gateway/base/result.h"
#include "gateway/config/config.h"

namespace gateway::config {

/// `250ms`, `30s`, `5m`, `2h`: a whole number and its unit.
[[nodiscard]] std::optional<milliseconds> parse_duration(std::string_view text);
[[nodiscard]] std::string duration_text(milliseconds duration);

/// `65536`, `64KiB`, `4MiB`, `1GiB`, `512B`.
[[nodiscard]] std::optional<std::size_t> parse_bytes(std::string_view text);
[[nodiscard]] std::string bytes_text(std::size_t bytes);

inline constexpr std::string_view kAddressForms =
    "an address such as 127.0.0.1:8080, [::1]:8080, :8080 (every interface) or 8080 (this machine only), port 0..65535";

/// `127.0.0.1:8501`, `[::1]:80`, `localhost:80`, `:8080` (every interface), `8080` (loopback).
[[nodiscard]] Result<ListenAddress> parse_listen_address(std::string_view text);

/// Whether `name` can be a service's: fits the pattern and is none of our own paths.
[[nodiscard]] Status check_service_name(std::string_view name);

/// `name` with what a service name cannot hold replaced by `-`; empty when nothing is left.
[[nodiscard]] std::string as_service_name(std::string_view name);

[[nodiscard]] std::string lower_case(std::string_view text);

/// A name of 1..64 characters that needs no escape in a path, a log or a label.
[[nodiscard]] bool is_plain_name(std::string_view text);
/// An environment variable's name as shells accept it.
[[nodiscard]] bool is_variable_name(std::string_view text);
/// What may stand after `Authorization: Bearer` (RFC 6750, section 2.1).
[[nodiscard]] bool is_bearer_token(std::string_view text);
/// What a token may be granted (RFC 6749, section 3.3).
[[nodiscard]] bool is_scope(std::string_view text);
/// `2027-01-31`, the beginning of that day, or `2027-01-31T18:00:00Z`.
[[nodiscard]] std::optional<UnixTime> parse_moment(std::string_view text);
[[nodiscard]] bool is_sha256(std::string_view text);
/// "" or `/a/b`, without a slash at its end.
[[nodiscard]] bool is_base_path(std::string_view text);
/// A Host without port: a name, an IPv4 address, or an IPv6 address in brackets.
[[nodiscard]] bool is_host_name(std::string_view text);
/// The name of a header field, of letters, digits, - and _.
[[nodiscard]] bool is_header_name(std::string_view text);
/// The same, of one that does not carry what the client shows to the gateway.
[[nodiscard]] bool is_owner_header(std::string_view text);
/// A path with a place for the name of a principal.
[[nodiscard]] bool is_owner_file(std::string_view text);
/// Empty, or a URL as parse_url reads it.
[[nodiscard]] bool is_http_url_or_empty(std::string_view text);
/// Empty, or `/a/0/b` with `~0` for `~` and `~1` for `/` (RFC 6901).
[[nodiscard]] bool is_json_pointer(std::string_view text);
/// `http://HOST[:PORT]` or `https://HOST[:PORT]`.
[[nodiscard]] bool is_web_origin(std::string_view text);
/// The same with a path, and without a fragment or a user.
[[nodiscard]] bool is_web_url(std::string_view text);
/// HOST of such a URL.
[[nodiscard]] std::string_view host_of(std::string_view web_url);
/// `scheme://host[:port]`, as a browser sends it.
[[nodiscard]] bool is_origin(std::string_view text);

}  // namespace gateway::config
