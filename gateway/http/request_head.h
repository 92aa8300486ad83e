// The head of an HTTP/1.1 request: strict, without state, without copies.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace gateway::http {

enum class Method { Get, Post, Delete, Options, Head, Put, Patch, Other };

struct HeaderField {
  std::string_view name;   ///< as it came; compare ignoring case
  std::string_view value;  ///< without surrounding spaces and tabs
};

struct HeadLimits {
  std::size_t max_head_bytes = 16 * 1024;   ///< request line and fields with their line ends; 431 above
  std::size_t max_target_bytes = 8 * 1024;  ///< 414 above
  std::size_t max_fields = 100;             ///< at most kMaxFields; 431 above
};

/// The header fields of one name.
struct FoundField {
  std::optional<std::string_view> value;  ///< of the first
  bool repeated = false;                  ///< there are others
};

/// A parsed head. Every view points into the bytes it was parsed from.
struct RequestHead {
  static constexpr std::size_t kMaxFields = 128;

  Method method = Method::Other;
  std::string_view target;      ///< as it came
  std::string_view path;        ///< up to '?', not decoded
  std::string_view query;       ///< after '?', may be empty
  int minor_version = 1;        ///< HTTP/1.0 or HTTP/1.1
  std::string_view host;        ///< the one Host field; present in every 1.1 request
  std::string_view request_id;  ///< X-Request-Id as it came; empty when absent

  /// Body: `chunked`, or `content_length` bytes (0 when neither is given).
  bool chunked = false;
  std::uint64_t content_length = 0;
  bool keep_alive = true;        ///< from the version and Connection
  bool expect_continue = false;  ///< Expect: 100-continue

  std::array<HeaderField, kMaxFields> storage;
  std::size_t field_count = 0;
  /// Of each field the length of its name, 255 for longer ones: what a look-up compares first, sixteen at a time.
  std::array<char, kMaxFields> name_lengths;

  [[nodiscard]] std::span<HeaderField const> fields() const { return {storage.data(), field_count}; }
  /// The value of the first field of that name (lower case given), or nothing.
  [[nodiscard]] std::optional<std::string_view> find(std::string_view lower_name) const;
  /// The same, and whether there are more of that name.
  [[nodiscard]] FoundField look_up(std::string_view lower_name) const;

 private:
  /// The first field of that name at `from` or after it; null when there is none.
  [[nodiscard]] HeaderField const* named(std::string_view lower_name, std::size_t from) const;
};

/// Why a request is refused: the status to answer with and the label to count it by.
struct ParseError {
  int status = 400;         ///< 400, 414, 417, 431, 501 or 505
  std::string_view reason;  ///< "bad_content_length", "te_cl", "bare_lf", ... (a closed set)
};

struct HeadResult {
  enum class State { NeedMore, Done, Failed } state = State::NeedMore;
  std::size_t consumed = 0;  ///< Done: bytes of the head with its empty line
  ParseError error;          ///< Failed
};

/// Parses one head from the front of `bytes`. `scanned` is how many of the bytes
/// an earlier call that needed more has already seen, so that a head that
/// arrives byte by byte is not searched anew each time. Fills `head`; on
/// NeedMore and Failed its content means nothing.
/// Refused: bare CR or LF, obsolete line folding, NUL and other control bytes,
/// space before the colon, more than one Host, Content-Length or
/// Transfer-Encoding (equal or not), Content-Length with Transfer-Encoding,
/// any Content-Length but digits, any transfer coding but "chunked" alone, a 1.1
/// request without Host, an absolute-form target whose authority is not Host,
/// HTTP/1.0 with Transfer-Encoding. (RFC 9112, sections 2 to 7 and 11.)
HeadResult parse_head(std::string_view bytes, std::size_t scanned, HeadLimits const& limits, RequestHead& head);

}  // namespace gateway::http
