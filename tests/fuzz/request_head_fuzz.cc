// A request head is judged the same in whatever pieces it comes, and what we
// accept Boost.Beast 1.74 reads alike: method, target, fields and framing.
//
// Beast accepts more. Seen, class by class:
//  - any Transfer-Encoding: "xchunked", "chunked, gzip", "identity" and an empty
//    one mean no body at all, so the body is read as the next request; "gzip,
//    chunked" and "chunked;a=b" count as chunked; HTTP/1.0 with chunked; after a
//    Transfer-Encoding that does not end in "chunked", a second one or a Content-Length
//  - several Content-Length fields, and a list in one ("5, 5"), when all are equal
//  - obsolete folds, which it joins with a space: "Transfer-Encoding:\r\n chunked"
//    counts, and a line of blanks before the end passes
//  - no Host, several Hosts, a Host that is none ("a,b", "u@a", "[::1", "")
//  - an absolute-form target of another host, scheme or port, a target of no form,
//    authority-form, "*" for any method, '#', '"', '<', '>' and bytes from 0x80 on
//  - any Expect
//  - any number of fields within the limit of bytes
//  - a bare LF in place of the empty line: not refused, it waits for more
// It refuses two things we take: an empty line before the request line, and a
// Proxy-Connection that is no list (it treats that field like Connection; we do
// not know it). In HTTP/1.0 its keep-alive wins over close; ours does not.
#include "gateway/http/request_head.h"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <string_view>

namespace {

using namespace gateway::http;
namespace beast = boost::beast;
using BeastParser = beast::http::request_parser<beast::http::string_body>;
using State = HeadResult::State;

void require(bool holds, char const* what) {
  if (holds) return;
  std::fprintf(stderr, "violated: %s\n", what);
  std::abort();
}

std::string_view view(beast::string_view text) { return {text.data(), text.size()}; }

bool same(HeaderField const& a, HeaderField const& b) {
  return a.name.data() == b.name.data() && a.name.size() == b.name.size() && a.value.data() == b.value.data() &&
         a.value.size() == b.value.size();
}

void require_same(HeadResult const& whole, RequestHead const& a, HeadResult const& pieces, RequestHead const& b) {
  require(whole.state == pieces.state, "pieces: state");
  require(whole.consumed == pieces.consumed, "pieces: consumed");
  require(whole.error.status == pieces.error.status, "pieces: status");
  require(whole.error.reason == pieces.error.reason, "pieces: reason");
  if (whole.state != State::Done) return;
  require(a.method == b.method && a.target == b.target && a.path == b.path && a.query == b.query, "pieces: line");
  require(a.minor_version == b.minor_version && a.host == b.host, "pieces: version and host");
  require(a.chunked == b.chunked && a.content_length == b.content_length, "pieces: framing");
  require(a.keep_alive == b.keep_alive && a.expect_continue == b.expect_continue, "pieces: connection");
  require(std::ranges::equal(a.fields(), b.fields(), same), "pieces: fields");
}

void check_pieces(std::string_view bytes, HeadLimits const& limits) {
  static RequestHead whole_head, head;
  auto const whole = parse_head(bytes, 0, limits, whole_head);

  HeadResult grown;
  for (std::size_t size = 1; size <= bytes.size() && grown.state == State::NeedMore; ++size)
    grown = parse_head(bytes.substr(0, size), size - 1, limits, head);
  require_same(whole, whole_head, grown, head);

  for (std::size_t split = 0; split < bytes.size(); split += 1 + bytes.size() / 64) {
    auto two = parse_head(bytes.substr(0, split), 0, limits, head);
    if (two.state == State::NeedMore) two = parse_head(bytes, split, limits, head);
    require_same(whole, whole_head, two, head);
  }
}

void check_views(std::string_view text, RequestHead const& head) {
  auto const inside = [&](std::string_view part) {
    return part.empty() || (part.data() >= text.data() && part.data() + part.size() <= text.data() + text.size());
  };
  require(inside(head.target) && inside(head.path) && inside(head.query) && inside(head.host), "views inside");
  require(head.path.starts_with('/') || head.path == "*", "path");
  for (auto const& field : head.fields()) require(inside(field.name) && inside(field.value), "field inside");
}

std::string_view name_of(Method method) {
  switch (method) {
    case Method::Get: return "GET";
    case Method::Post: return "POST";
    case Method::Delete: return "DELETE";
    case Method::Options: return "OPTIONS";
    case Method::Head: return "HEAD";
    case Method::Put: return "PUT";
    case Method::Patch: return "PATCH";
    case Method::Other: break;
  }
  return "";
}

void compare_methods(std::string_view theirs, Method ours) {
  constexpr Method kKnown[] = {Method::Get,  Method::Post, Method::Delete, Method::Options,
                               Method::Head, Method::Put,  Method::Patch};
  for (auto const method : kKnown) require((theirs == name_of(method)) == (ours == method), "method");
}

/// Beast keeps fields of one name together, so the nth of a name is compared with the nth.
void compare_fields(BeastParser const& theirs, RequestHead const& ours) {
  auto const& fields = theirs.get().base();
  require(std::distance(fields.begin(), fields.end()) == static_cast<std::ptrdiff_t>(ours.field_count), "count");
  for (std::size_t i = 0; i < ours.field_count; ++i) {
    auto const& [name, value] = ours.storage[i];
    auto [theirs_of_name, end] = fields.equal_range(beast::string_view{name.data(), name.size()});
    for (std::size_t before = 0; before < i; ++before)
      if (beast::iequals(beast::string_view{ours.storage[before].name.data(), ours.storage[before].name.size()},
                         beast::string_view{name.data(), name.size()}))
        ++theirs_of_name;
    require(theirs_of_name != end, "field known");
    require(view(theirs_of_name->name_string()) == name, "field name");
    require(view(theirs_of_name->value()) == value, "field value");
  }
}

void compare_framing(BeastParser const& theirs, RequestHead const& ours) {
  require(theirs.chunked() == ours.chunked, "chunked");
  require(theirs.content_length().value_or(0) == ours.content_length, "content length");
  auto const close_lost = ours.minor_version == 0 && !ours.keep_alive;
  if (!close_lost && !ours.find("proxy-connection")) require(theirs.keep_alive() == ours.keep_alive, "keep alive");
}

/// `text` is one head that we accepted.
void compare_with_beast(std::string_view text, RequestHead const& ours) {
  if (text.starts_with("\r\n")) text.remove_prefix(2);
  BeastParser theirs;
  theirs.header_limit(UINT32_MAX);
  theirs.body_limit(UINT64_MAX);
  beast::error_code error;
  auto const consumed = theirs.put(boost::asio::buffer(text.data(), text.size()), error);
  if (error && ours.find("proxy-connection")) return;

  require(!error, "accepted by Beast");
  require(theirs.is_header_done() && consumed == text.size(), "end of the head");
  compare_methods(view(theirs.get().method_string()), ours.method);
  require(view(theirs.get().target()) == ours.target, "target");
  require(theirs.get().version() == 10U + static_cast<unsigned>(ours.minor_version), "version");
  require(view(theirs.get()[beast::http::field::host]) == ours.host, "host");
  compare_fields(theirs, ours);
  compare_framing(theirs, ours);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  std::string_view const bytes(reinterpret_cast<char const*>(data), size);
  static RequestHead head;
  if (auto const result = parse_head(bytes, 0, {}, head); result.state == State::Done) {
    check_views(bytes.substr(0, result.consumed), head);
    compare_with_beast(bytes.substr(0, result.consumed), head);
  }
  check_pieces(bytes, {});
  check_pieces(bytes, {.max_head_bytes = 96, .max_target_bytes = 12, .max_fields = 3});
  return 0;
}
