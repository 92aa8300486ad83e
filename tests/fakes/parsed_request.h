// A request head a test can say in one line.
#pragma once

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>

#include "gateway/http/request_head.h"

namespace gateway::fakes {

/// Parsed as the server does, with the text its views point into.
class ParsedRequest {
 public:
  /// Line ends are added.
  explicit ParsedRequest(std::initializer_list<std::string> lines) {
    for (auto const& line : lines) text_ += line + "\r\n";
    text_ += "\r\n";
    auto const parsed = http::parse_head(text_, 0, {}, head);
    EXPECT_EQ(http::HeadResult::State::Done, parsed.state) << parsed.error.reason;
  }
  ParsedRequest(ParsedRequest const&) = delete;
  ParsedRequest& operator=(ParsedRequest const&) = delete;

  http::RequestHead head;

 private:
  std::string text_;
};

/// A POST with these fields beside Host.
inline ParsedRequest post(std::initializer_list<std::string> fields) {
  std::string more;
  for (auto const& field : fields) more += "\r\n" + field;
  return ParsedRequest{"POST /mcp HTTP/1.1", "Host: localhost" + more};
}

}  // namespace gateway::fakes
