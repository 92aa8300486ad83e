#include "gateway/http/request_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>

#include "gateway/base/ascii.h"
#include "gateway/http/method_name.h"

namespace gateway::http {

namespace {

/// They say how the body comes.
constexpr std::array<std::string_view, 3> kFraming{"content-length", "transfer-encoding", "expect"};

bool is_framing(std::string_view name) {
  return std::ranges::any_of(kFraming, [&](std::string_view each) { return equal_ignoring_case(each, name); });
}

void append_request_line(std::string& text, RequestHead const& head) {
  fmt::format_to(std::back_inserter(text), "{} {} HTTP/1.{}\r\n", name_of(head.method), head.target,
                 head.minor_version);
}

void append_field(std::string& text, HeaderField const& field) {
  // Without a space: it is to be no longer than it was.
  fmt::format_to(std::back_inserter(text), "{}:{}\r\n", field.name, field.value);
}

}  // namespace

std::string head_text(RequestHead const& head) {
  std::string text;
  append_request_line(text, head);
  for (auto const& field : head.fields()) append_field(text, field);
  return text + "\r\n";
}

std::string request_text(RequestHead const& head, std::string_view body) {
  std::string text;
  append_request_line(text, head);
  auto has_framing = false;
  for (auto const& field : head.fields()) {
    has_framing = has_framing || is_framing(field.name);
    if (!is_framing(field.name)) append_field(text, field);
  }
  if (has_framing) fmt::format_to(std::back_inserter(text), "Content-Length:{}\r\n", body.size());
  return text.append("\r\n").append(body);
}

}  // namespace gateway::http
