#include "gateway/http/request_head.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <charconv>
#include <system_error>
#include <utility>

#include "gateway/base/ascii.h"
#include "gateway/base/byte_scan.h"

namespace gateway::http {
namespace {

using Refusal = std::optional<ParseError>;

constexpr ParseError kTargetTooLong{414, "target_too_long"};
constexpr ParseError kHeadTooLarge{431, "head_too_large"};
constexpr ParseError kTooManyFields{431, "too_many_fields"};
constexpr ParseError kBadMethod{400, "bad_method"};
constexpr ParseError kBadTarget{400, "bad_target"};
constexpr ParseError kBadVersion{400, "bad_version"};
constexpr ParseError kUnknownVersion{505, "unknown_version"};
constexpr ParseError kBareCr{400, "bare_cr"};
constexpr ParseError kBareLf{400, "bare_lf"};
constexpr ParseError kControlByte{400, "control_byte"};
constexpr ParseError kObsFold{400, "obs_fold"};
constexpr ParseError kBadFieldName{400, "bad_field_name"};
constexpr ParseError kSpaceBeforeColon{400, "space_before_colon"};
constexpr ParseError kNoHost{400, "no_host"};
constexpr ParseError kBadHost{400, "bad_host"};
constexpr ParseError kTwoHosts{400, "two_hosts"};
constexpr ParseError kHostMismatch{400, "host_mismatch"};
constexpr ParseError kBadContentLength{400, "bad_content_length"};
constexpr ParseError kTwoContentLengths{400, "two_content_lengths"};
constexpr ParseError kTwoTransferEncodings{400, "two_transfer_encodings"};
constexpr ParseError kUnknownTransferCoding{501, "unknown_transfer_coding"};
constexpr ParseError kTeAndCl{400, "te_cl"};
constexpr ParseError kTeInHttp10{400, "te_in_http_1_0"};
constexpr ParseError kBadConnection{400, "bad_connection"};
constexpr ParseError kUnknownExpectation{417, "unknown_expectation"};

enum ByteClass : std::uint8_t { kToken = 1, kHostByte = 2 };

constexpr bool contains(std::string_view set, char c) { return set.find(c) != std::string_view::npos; }

constexpr std::uint8_t classes_of(char c) {
  auto const alphanumeric = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
  unsigned classes = 0;
  if (alphanumeric || contains("!#$%&'*+-.^_`|~", c)) classes |= kToken;
  // Less than RFC 3986 allows: a comma, say, is how two Host fields look once a proxy has joined them.
  if (alphanumeric || contains("-._~", c)) classes |= kHostByte;
  return static_cast<std::uint8_t>(classes);
}

constexpr auto kClasses = [] {
  std::array<std::uint8_t, 256> classes{};
  for (std::size_t byte = 0; byte < classes.size(); ++byte) classes[byte] = classes_of(static_cast<char>(byte));
  return classes;
}();

constexpr bool is(ByteClass wanted, char c) { return (kClasses[static_cast<unsigned char>(c)] & wanted) != 0; }

/// How many bytes at the front of `text` are of that class.
std::size_t run_of(ByteClass wanted, std::string_view text) {
  std::size_t length = 0;
  while (length < text.size() && is(wanted, text[length])) ++length;
  return length;
}

/// What may not be in a target. Less than RFC 3986 forbids: browsers and Node leave
/// some of that unescaped in a URL (WHATWG), such as { and |.
constexpr auto kNoTargetByte = [](auto x) {
  return below(x, 0x21) | equals(x, '"') | equals(x, '#') | equals(x, '<') | equals(x, '>') | equals(x, 0x7f) |
         is_high(x);
};
/// What may not be in a field's value, and the tab, which may.
constexpr auto kNoFieldByte = [](auto x) { return below(x, 0x20) | equals(x, 0x7f); };

/// How many bytes at the front of `text` may be in a field's value.
std::size_t value_length(std::string_view text) {
  auto const* const end = text.data() + text.size();
  auto const* p = find_byte(text.data(), end, kNoFieldByte);
  while (p != end && *p == '\t') p = find_byte(p + 1, end, kNoFieldByte);
  return static_cast<std::size_t>(p - text.data());
}

bool is_made_of(ByteClass wanted, std::string_view text) {
  return !text.empty() && run_of(wanted, text) == text.size();
}

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Whether a field's name, made of token bytes, is `lower` but for its case. Setting
/// bit 0x20 turns no other token byte into a letter, a digit or a hyphen.
bool is_named(std::string_view name, std::string_view lower) {
  if (name.size() != lower.size()) return false;
  for (std::size_t i = 0; i < name.size(); ++i) {
    if ((name[i] | 0x20) != lower[i]) return false;
  }
  return true;
}

constexpr char length_byte(std::string_view name) {
  return static_cast<char>(static_cast<unsigned char>(std::min<std::size_t>(name.size(), 255)));
}

/// Takes what stands before the first `separator`, or everything, and the separator with it.
std::string_view cut(std::string_view& rest, char separator) {
  auto const length = std::min(rest.find(separator), rest.size());
  auto const piece = rest.substr(0, length);
  rest.remove_prefix(std::min(length + 1, rest.size()));
  return piece;
}

constexpr bool is_blank(char c) { return c == ' ' || c == '\t'; }

std::string_view without_blanks_around(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

HeadResult failed(ParseError const& error) { return {HeadResult::State::Failed, 0, error}; }

/// Must not depend on how much has arrived after the byte that decides it, or a
/// request would be judged differently when it comes in other pieces.
bool target_is_too_long(std::string_view arrived, std::size_t limit) {
  if (arrived.size() <= limit) return false;
  auto line = arrived.substr(0, arrived.find('\n'));
  cut(line, ' ');
  return cut(line, ' ').size() > limit;
}

/// Finds the empty line that ends a head which begins at `start`. A bare LF is
/// refused here already, since a head with nothing else has no end to wait for.
HeadResult find_end(std::string_view arrived, std::size_t start, std::size_t scanned) {
  auto lf = arrived.find('\n', std::max(start, scanned));
  for (; lf != std::string_view::npos; lf = arrived.find('\n', lf + 1)) {
    if (lf == start || arrived[lf - 1] != '\r') return failed(kBareLf);
    if (lf == start + 1 || arrived[lf - 2] == '\n') return {HeadResult::State::Done, lf + 1, {}};
  }
  return {};
}

Method method_named(std::string_view name) {
  constexpr std::array<std::pair<std::string_view, Method>, 7> kMethods{{{"POST", Method::Post},
                                                                         {"GET", Method::Get},
                                                                         {"DELETE", Method::Delete},
                                                                         {"OPTIONS", Method::Options},
                                                                         {"HEAD", Method::Head},
                                                                         {"PUT", Method::Put},
                                                                         {"PATCH", Method::Patch}}};
  for (auto const& [known, method] : kMethods)
    if (name == known) return method;
  return Method::Other;
}

Refusal parse_version(std::string_view text, RequestHead& head) {
  auto const well_formed =
      text.size() == 8 && text.starts_with("HTTP/") && is_digit(text[5]) && text[6] == '.' && is_digit(text[7]);
  if (!well_formed) return kBadVersion;
  if (text != "HTTP/1.1" && text != "HTTP/1.0") return kUnknownVersion;
  head.minor_version = text[7] - '0';
  return {};
}

Refusal parse_request_line(std::string_view line, RequestHead& head) {
  auto const method = cut(line, ' ');
  if (!is_made_of(kToken, method)) return kBadMethod;
  head.method = method_named(method);
  head.target = cut(line, ' ');
  if (head.target.empty() || has_byte(head.target, kNoTargetByte)) return kBadTarget;
  return parse_version(line, head);
}

/// Names what is wrong at the front of `rest`, where a field name or value had to stop.
ParseError misplaced(std::string_view rest, ParseError const& otherwise) {
  if (rest.front() == '\n') return kBareLf;
  if (rest.front() == '\r' && rest[1] != '\n') return kBareCr;
  return otherwise;
}

/// Takes one field line from the front of `rest`. `rest` ends with CR LF, which no
/// field contains, so no index here can pass its end.
Refusal cut_field(std::string_view& rest, HeaderField& field) {
  if (is_blank(rest.front())) return kObsFold;
  auto const name_length = run_of(kToken, rest);
  auto const stop = rest[name_length];
  if (is_blank(stop)) return kSpaceBeforeColon;
  if (stop != ':' || name_length == 0) return misplaced(rest.substr(name_length), kBadFieldName);
  field.name = rest.substr(0, name_length);

  auto const line = rest.substr(name_length + 1);
  auto const length = value_length(line);
  rest = line.substr(length);
  if (!rest.starts_with("\r\n")) return misplaced(rest, kControlByte);
  field.value = without_blanks_around(line.substr(0, length));
  rest.remove_prefix(2);
  return {};
}

/// A name, an IPv4 address or an IPv6 address in brackets; then perhaps a port.
bool is_host(std::string_view text) {
  auto const bracketed = text.starts_with('[');
  auto const bracket = std::min(text.find(']'), text.size());
  auto const host = text.substr(0, bracketed ? bracket + 1 : run_of(kHostByte, text));
  auto const port = text.substr(host.size());
  if (host.empty()) return false;
  if (bracketed) {
    if (host.size() < 4 || host.find_first_not_of("0123456789abcdefABCDEF:.", 1) != host.size() - 1) return false;
    if (host.back() != ']') return false;
  }
  if (port.empty()) return true;
  return port.front() == ':' && port.size() <= 6 && port.find_first_not_of("0123456789", 1) == port.npos;
}

/// Gathers what the fields say about the connection and the body.
class Meaning {
 public:
  explicit Meaning(RequestHead& head) : head_(head) {}

  Refusal add(HeaderField const& field);
  /// Judges what needs all the fields. Call it after the last one.
  Refusal conclude();

 private:
  Refusal add_host(std::string_view value);
  Refusal add_content_length(std::string_view value);
  Refusal add_transfer_encoding(std::string_view value);
  Refusal add_connection(std::string_view value);
  Refusal add_expect(std::string_view value);

  RequestHead& head_;
  bool has_host_ = false;
  bool has_content_length_ = false;
  bool wants_close_ = false;
  bool wants_keep_alive_ = false;
};

Refusal Meaning::add(HeaderField const& field) {
  auto const named = [&](std::string_view name) { return is_named(field.name, name); };
  // No two of the names are equally long.
  switch (field.name.size()) {
    case 4: return named("host") ? add_host(field.value) : Refusal{};
    case 6: return named("expect") ? add_expect(field.value) : Refusal{};
    case 10: return named("connection") ? add_connection(field.value) : Refusal{};
    case 12:
      if (named("x-request-id")) head_.request_id = field.value;
      return {};
    case 14: return named("content-length") ? add_content_length(field.value) : Refusal{};
    case 17: return named("transfer-encoding") ? add_transfer_encoding(field.value) : Refusal{};
    default: return {};
  }
}

Refusal Meaning::add_host(std::string_view value) {
  if (std::exchange(has_host_, true)) return kTwoHosts;
  if (!is_host(value)) return kBadHost;
  head_.host = value;
  return {};
}

Refusal Meaning::add_content_length(std::string_view value) {
  if (std::exchange(has_content_length_, true)) return kTwoContentLengths;
  auto const end = value.data() + value.size();
  auto const [stop, error] = std::from_chars(value.data(), end, head_.content_length);
  if (error != std::errc{} || stop != end) return kBadContentLength;
  return {};
}

Refusal Meaning::add_transfer_encoding(std::string_view value) {
  if (std::exchange(head_.chunked, true)) return kTwoTransferEncodings;
  if (!equal_ignoring_case(value, "chunked")) return kUnknownTransferCoding;
  return {};
}

Refusal Meaning::add_connection(std::string_view value) {
  while (!value.empty()) {
    auto const option = without_blanks_around(cut(value, ','));
    if (!option.empty() && !is_made_of(kToken, option)) return kBadConnection;
    wants_close_ |= equal_ignoring_case(option, "close");
    wants_keep_alive_ |= equal_ignoring_case(option, "keep-alive");
  }
  return {};
}

Refusal Meaning::add_expect(std::string_view value) {
  if (!equal_ignoring_case(value, "100-continue")) return kUnknownExpectation;
  // An HTTP/1.0 client does not know interim answers (RFC 9110, 10.1.1).
  head_.expect_continue = head_.minor_version == 1;
  return {};
}

Refusal Meaning::conclude() {
  if (head_.chunked && has_content_length_) return kTeAndCl;
  if (head_.chunked && head_.minor_version == 0) return kTeInHttp10;
  if (!has_host_ && head_.minor_version == 1) return kNoHost;
  // Close wins over keep-alive whichever comes first (RFC 9112, 9.3).
  head_.keep_alive = !wants_close_ && (head_.minor_version == 1 || wants_keep_alive_);
  return {};
}

/// Takes scheme and authority from the front of an absolute-form target and
/// gives the authority; empty for any other form.
std::string_view cut_authority(std::string_view& target) {
  for (std::string_view const scheme : {"http://", "https://"}) {
    if (!equal_ignoring_case(target.substr(0, scheme.size()), scheme)) continue;
    target.remove_prefix(scheme.size());
    auto const authority = target.substr(0, target.find_first_of("/?"));
    target.remove_prefix(authority.size());
    return authority;
  }
  return {};
}

/// Splits the target into path and query. An absolute-form target must name the
/// host that Host names, or a proxy before us may have judged another one.
Refusal split_target(RequestHead& head) {
  auto rest = head.target;
  auto const is_asterisk = rest == "*" && head.method == Method::Options;
  if (!is_asterisk && !rest.starts_with('/')) {
    auto const authority = cut_authority(rest);
    if (authority.empty()) return kBadTarget;
    if (!equal_ignoring_case(authority, head.host)) return kHostMismatch;
  }
  head.path = cut(rest, '?');
  head.query = rest;
  // "http://host" asks for "/". A view has to point into the request: the scheme has a slash to lend.
  if (head.path.empty()) head.path = head.target.substr(head.target.find('/'), 1);
  return {};
}

/// `text` is a head that has its end: lines closed by CR LF, the last one empty.
Refusal parse_lines(std::string_view text, std::size_t max_fields, RequestHead& head) {
  auto request_line = cut(text, '\n');
  assert(request_line.ends_with('\r'));  // find_end saw to it, unless `scanned` was not true
  request_line.remove_suffix(1);
  if (auto refusal = parse_request_line(request_line, head)) return refusal;

  Meaning meaning{head};
  while (!text.starts_with("\r\n")) {
    if (head.field_count == max_fields) return kTooManyFields;
    auto& field = head.storage[head.field_count];
    if (auto refusal = cut_field(text, field)) return refusal;
    if (auto refusal = meaning.add(field)) return refusal;
    head.name_lengths[head.field_count] = length_byte(field.name);
    ++head.field_count;
  }
  if (auto refusal = meaning.conclude()) return refusal;
  return split_target(head);
}

/// Everything but `storage`, whose 4 KiB need no clearing for each request.
void clear(RequestHead& head) {
  head.method = Method::Other;
  head.target = head.path = head.query = head.host = head.request_id = {};
  head.minor_version = 1;
  head.chunked = head.expect_continue = false;
  head.content_length = 0;
  head.keep_alive = true;
  head.field_count = 0;
}

}  // namespace

HeaderField const* RequestHead::named(std::string_view lower_name, std::size_t from) const {
  static_assert(kMaxFields % 16 == 0);
  auto const length = length_byte(lower_name);
  auto const first = from % 16;
  for (auto block = from - first; block < field_count; block += 16) {
    auto candidates = bytes_of_kind(name_lengths.data() + block, [&](auto x) { return equals(x, length); });
    if (block < from) candidates &= ~0U << first;
    for (; candidates != 0; candidates &= candidates - 1) {
      auto const at = block + static_cast<std::size_t>(std::countr_zero(candidates));
      if (at >= field_count) return nullptr;
      if (is_named(storage[at].name, lower_name)) return &storage[at];
    }
  }
  return nullptr;
}

std::optional<std::string_view> RequestHead::find(std::string_view lower_name) const {
  auto const* const field = named(lower_name, 0);
  return field == nullptr ? std::nullopt : std::optional(field->value);
}

FoundField RequestHead::look_up(std::string_view lower_name) const {
  auto const* const field = named(lower_name, 0);
  if (field == nullptr) return {};
  auto const after = static_cast<std::size_t>(field - storage.data()) + 1;
  return {field->value, named(lower_name, after) != nullptr};
}

HeadResult parse_head(std::string_view bytes, std::size_t scanned, HeadLimits const& limits, RequestHead& head) {
  auto const arrived = bytes.substr(0, limits.max_head_bytes);
  // Some clients end a body with a CR LF they do not count (RFC 9112, 2.2).
  auto const start = arrived.starts_with("\r\n") ? std::size_t{2} : std::size_t{0};
  if (target_is_too_long(arrived.substr(start), limits.max_target_bytes)) return failed(kTargetTooLong);

  auto const end = find_end(arrived, start, scanned);
  auto const full = arrived.size() == limits.max_head_bytes;
  if (end.state == HeadResult::State::NeedMore && full) return failed(kHeadTooLarge);
  if (end.state != HeadResult::State::Done) return end;

  clear(head);
  auto const lines = arrived.substr(start, end.consumed - start);
  auto const max_fields = std::min(limits.max_fields, RequestHead::kMaxFields);
  if (auto const refusal = parse_lines(lines, max_fields, head)) return failed(*refusal);
  return end;
}

}  // namespace gateway::http
