#include "gateway/config/values.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <limits>
#include <span>

#include "gateway/base/ascii.h"
#include "gateway/base/url.h"

namespace gateway::config {
namespace {

constexpr std::string_view kDigits = "0123456789";
constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

/// First segments of our own paths, and what else would confuse.
constexpr std::array<std::string_view, 9> kReservedNames{"sse",     "messages", "mcp",    "health", "servers",
                                                         "metrics", "livez",    "readyz", "version"};

template <typename Number>
std::optional<Number> parse_number(std::string_view text) {
  Number number{};
  auto const [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || problem != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

bool holds_only(std::string_view text, std::string_view more) {
  return std::ranges::all_of(text, [more](char c) {
    return kLetters.find(c) != kLetters.npos || kDigits.find(c) != kDigits.npos || more.find(c) != more.npos;
  });
}

struct Scale {
  std::string_view unit;
  std::uint64_t factor;
};

/// A whole number and one of the units; empty when it is neither or too large.
std::optional<std::uint64_t> parse_scaled(std::string_view text, std::span<Scale const> scales) {
  auto const digits = std::min(text.find_first_not_of(kDigits), text.size());
  auto const number = parse_number<std::uint64_t>(text.substr(0, digits));
  auto const scale = std::ranges::find(scales, text.substr(digits), &Scale::unit);
  if (!number || scale == scales.end()) return std::nullopt;
  if (*number > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()) / scale->factor)
    return std::nullopt;
  return *number * scale->factor;
}

std::string scaled_text(std::uint64_t value, std::span<Scale const> scales) {
  for (auto const& scale : scales)
    if (value >= scale.factor && value % scale.factor == 0)
      return fmt::format("{}{}", value / scale.factor, scale.unit);
  return fmt::format("{}{}", value, scales.back().unit);
}

constexpr std::array<Scale, 4> kDurations{{{"h", 3'600'000}, {"m", 60'000}, {"s", 1000}, {"ms", 1}}};
constexpr std::array<Scale, 4> kSizes{{{"GiB", kGiB}, {"MiB", kMiB}, {"KiB", kKiB}, {"B", 1}}};

bool is_ipv4(std::string_view text) {
  for (int part = 0; part < 4; ++part) {
    auto const dot = text.find('.');
    if ((dot == text.npos) != (part == 3)) return false;
    auto const number = text.substr(0, dot);
    if (number.size() > 3 || (number.size() > 1 && number[0] == '0')) return false;
    if (!parse_number<std::uint8_t>(number)) return false;
    text.remove_prefix(std::min(number.size() + 1, text.size()));
  }
  return text.empty();
}

/// Groups of up to four hex digits between colons; `::` once stands for the missing ones.
bool is_ipv6(std::string_view text) {
  auto const gap = text.find("::");
  if (gap != text.npos && text.find("::", gap + 1) != text.npos) return false;
  if (text.starts_with(':') && gap != 0) return false;
  if (text.ends_with(':') && (gap == text.npos || gap + 2 != text.size())) return false;
  int groups = 0;
  while (!text.empty()) {
    auto const group = text.substr(0, text.find(':'));
    if (group.find_first_not_of("0123456789abcdefABCDEF") != group.npos || group.size() > 4) return false;
    groups += group.empty() ? 0 : 1;
    text.remove_prefix(std::min(group.size() + 1, text.size()));
  }
  return gap == text.npos ? groups == 8 : groups < 8;
}

}  // namespace

std::optional<milliseconds> parse_duration(std::string_view text) {
  auto const value = parse_scaled(text, kDurations);
  if (!value) return std::nullopt;
  return milliseconds{static_cast<milliseconds::rep>(*value)};
}

std::string duration_text(milliseconds duration) {
  if (duration.count() == 0) return "0s";
  return scaled_text(static_cast<std::uint64_t>(duration.count()), kDurations);
}

std::optional<std::size_t> parse_bytes(std::string_view text) {
  if (auto const plain = parse_number<std::size_t>(text)) return plain;
  return parse_scaled(text, kSizes);
}

std::string bytes_text(std::size_t bytes) { return scaled_text(bytes, kSizes); }

Result<ListenAddress> parse_listen_address(std::string_view text) {
  Error const wrong{fmt::format("expected {}, found '{}'", kAddressForms, text)};
  ListenAddress address;
  auto const colon = text.rfind(':');
  auto const port = parse_number<std::uint16_t>(colon == text.npos ? text : text.substr(colon + 1));
  if (!port) return wrong;
  address.port = *port;
  if (colon == text.npos) return address;

  auto const host = text.substr(0, colon);
  if (host.empty() || host == "*") {
    address.host = "0.0.0.0";
  } else if (host.starts_with('[') && host.ends_with(']') && is_ipv6(host.substr(1, host.size() - 2))) {
    address.host = host.substr(1, host.size() - 2);
  } else if (is_ipv4(host)) {
    address.host = host;
  } else if (host != "localhost") {
    return wrong;
  }
  return address;
}

Status check_service_name(std::string_view name) {
  if (!is_plain_name(name) || name.starts_with('.'))
    return Error{"a service's name must be 1..64 of A-Z a-z 0-9 . _ - and not begin with a dot"};
  if (std::ranges::find(kReservedNames, lower_case(name)) != kReservedNames.end())
    return Error{fmt::format("'{}' is one of the gateway's own paths; give the service another name", name)};
  return Done{};
}

std::string as_service_name(std::string_view name) {
  std::string plain;
  for (char const c : name) {
    bool const fits = holds_only({&c, 1}, "._") && !(c == '.' && plain.empty());
    if (fits)
      plain += c;
    else if (!plain.empty() && plain.back() != '-')
      plain += '-';
  }
  plain.resize(std::min<std::size_t>(plain.size(), 64));
  while (plain.ends_with('-')) plain.pop_back();
  return plain;
}

std::string lower_case(std::string_view text) {
  std::string lower{text};
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return lower;
}

bool is_plain_name(std::string_view text) { return !text.empty() && text.size() <= 64 && holds_only(text, "._-"); }

bool is_variable_name(std::string_view text) {
  return !text.empty() && kDigits.find(text[0]) == kDigits.npos && holds_only(text, "_");
}

bool is_bearer_token(std::string_view text) {
  while (text.size() > 1 && text.ends_with('=')) text.remove_suffix(1);
  return !text.empty() && text.size() <= 4096 && holds_only(text, "-._~+/");
}

bool is_scope(std::string_view text) {
  return !text.empty() && text.size() <= 256 &&
         std::ranges::all_of(text, [](char c) { return c >= 0x21 && c <= 0x7e && c != '"' && c != '\\'; });
}

namespace {

/// The number of `digits` digits at the front of `text`, which they are taken from.
std::optional<unsigned> take_number(std::string_view& text, std::size_t digits) {
  unsigned number = 0;
  if (text.size() < digits) return std::nullopt;
  auto const [end, error] = std::from_chars(text.data(), text.data() + digits, number);
  if (error != std::errc{} || end != text.data() + digits) return std::nullopt;
  text.remove_prefix(digits);
  return number;
}

/// Numbers of two digits, with `before` before each.
std::optional<unsigned> take_two(std::string_view& text, char before) {
  if (!text.starts_with(before)) return std::nullopt;
  text.remove_prefix(1);
  return take_number(text, 2);
}

}  // namespace

std::optional<UnixTime> parse_moment(std::string_view text) {
  using namespace std::chrono;
  auto const y = take_number(text, 4);
  auto const m = take_two(text, '-');
  auto const d = take_two(text, '-');
  if (!y || !m || !d) return std::nullopt;
  year_month_day const date{year{static_cast<int>(*y)}, month{*m}, day{*d}};
  if (!date.ok()) return std::nullopt;
  UnixTime const midnight{sys_days{date}};
  if (text.empty()) return midnight;
  auto const hour = take_two(text, 'T');
  auto const minute = take_two(text, ':');
  auto const second = take_two(text, ':');
  if (!hour || !minute || !second || *hour > 23 || *minute > 59 || *second > 59 || text != "Z") return std::nullopt;
  return midnight + hours{*hour} + minutes{*minute} + std::chrono::seconds{*second};
}

bool is_sha256(std::string_view text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdefABCDEF") == text.npos;
}

bool is_base_path(std::string_view text) {
  if (text.empty()) return true;
  return text.starts_with('/') && !text.ends_with('/') && text.find("//") == text.npos && text.size() <= 256 &&
         holds_only(text, "/-._~");
}

bool is_host_name(std::string_view text) {
  if (text.starts_with('[') && text.ends_with(']') && text.size() > 2) return is_ipv6(text.substr(1, text.size() - 2));
  return !text.empty() && text.size() <= 253 && holds_only(text, "-._");
}

bool is_header_name(std::string_view text) { return !text.empty() && text.size() <= 64 && holds_only(text, "-_"); }

bool is_owner_header(std::string_view text) {
  for (auto const* own : {"authorization", "proxy-authorization", "x-api-key", "cookie", "mcp-session-id"})
    if (equal_ignoring_case(text, own)) return false;
  return is_header_name(text);
}

bool is_owner_file(std::string_view text) { return text.starts_with('/') && text.find("{principal}") != text.npos; }

bool is_json_pointer(std::string_view text) {
  if (text.empty()) return true;
  for (auto at = text.find('~'); at != text.npos; at = text.find('~', at + 1)) {
    auto const next = text.substr(at + 1, 1);
    if (next != "0" && next != "1") return false;
  }
  return text.starts_with('/');
}

namespace {

/// What follows the scheme of a URL of the web; empty where that is another.
std::string_view after_scheme(std::string_view text) {
  for (std::string_view const scheme : {"https://", "http://"})
    if (text.starts_with(scheme)) return text.substr(scheme.size());
  return {};
}

}  // namespace

bool is_web_origin(std::string_view text) { return !after_scheme(text).empty() && is_origin(text); }

bool is_web_url(std::string_view text) {
  auto const rest = after_scheme(text);
  auto const path = std::min(rest.find_first_of("/?"), rest.size());
  auto const visible = std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f; });
  return visible && text.size() <= 2048 && text.find('#') == text.npos && rest.find('@') >= path &&
         is_web_origin(text.substr(0, text.size() - rest.size() + path));
}

std::string_view host_of(std::string_view web_url) {
  auto const rest = after_scheme(web_url);
  auto const authority = rest.substr(0, rest.find_first_of("/?"));
  auto const colon = authority.rfind(':');
  return authority.find(']', colon == authority.npos ? 0 : colon) == authority.npos ? authority.substr(0, colon)
                                                                                    : authority;
}

bool is_origin(std::string_view text) {
  auto const mark = text.find("://");
  if (mark == text.npos || mark == 0 || !holds_only(text.substr(0, mark), "+-.")) return false;
  auto const host = text.substr(mark + 3);
  auto const colon = host.ends_with(']') ? host.npos : host.rfind(':');
  if (colon != host.npos && !parse_number<std::uint16_t>(host.substr(colon + 1))) return false;
  return is_host_name(host.substr(0, colon));
}

bool is_http_url_or_empty(std::string_view text) { return text.empty() || parse_url(text).has_value(); }

}  // namespace gateway::config
