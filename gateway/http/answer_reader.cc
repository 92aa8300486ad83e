#include "gateway/http/answer_reader.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "gateway/base/ascii.h"

namespace gateway::http {

namespace {

constexpr std::string_view kVersion = "HTTP/1.";
constexpr std::string_view kEndOfHead = "\r\n\r\n";
constexpr std::size_t kLongestHead = 64 * 1024;

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
  while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
  return text;
}

template <typename Number>
std::optional<Number> number_from(std::string_view text) {
  Number number = 0;
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// Of "HTTP/1.1 200 OK"; 0 when it is no such line.
int status_from(std::string_view line) {
  auto const at = kVersion.size() + 2;
  if (!line.starts_with(kVersion) || line.size() < at + 3) return 0;
  auto const status = number_from<int>(line.substr(at, 3)).value_or(0);
  return status >= 100 && status < 600 ? status : 0;
}

}  // namespace

AnswerReader::State AnswerReader::feed(std::string_view bytes) {
  in_.append(bytes);
  if (!in_body_) {
    if (auto const state = read_head(); state != State::Done) return state;
  }
  return read_body();
}

AnswerReader::State AnswerReader::end() {
  if (!in_body_) return in_.empty() ? State::Cut : State::NotHttp;
  return length_ == Length::ToTheEnd ? State::Done : State::Cut;
}

/// Done when the body is next.
AnswerReader::State AnswerReader::read_head() {
  while (true) {
    auto const text = in_.view();
    if (text.substr(0, kVersion.size()) != kVersion.substr(0, std::min(text.size(), kVersion.size())))
      return State::NotHttp;
    auto const end = text.find(kEndOfHead);
    if (end == std::string_view::npos) return text.size() > kLongestHead ? State::NotHttp : State::NeedMore;
    if (!read_lines(text.substr(0, end + 2))) return State::NotHttp;
    in_.consume(end + kEndOfHead.size());
    if (status_ >= 200) break;
  }
  in_body_ = true;
  return State::Done;
}

/// The status line and the fields, each with its line end.
bool AnswerReader::read_lines(std::string_view head) {
  auto const first = head.find("\r\n");
  status_ = status_from(head.substr(0, first));
  auto const has_none = status_ == 204 || status_ == 304;
  length_ = has_none ? Length::Said : Length::ToTheEnd;
  left_ = 0;
  if (status_ == 0) return false;
  fields_ = head.substr(first + 2);
  if (status_ < 200 || has_none) return true;
  for (auto rest = head.substr(first + 2); !rest.empty();) {
    auto const end = rest.find("\r\n");
    if (!read_field(rest.substr(0, end))) return false;
    rest.remove_prefix(end + 2);
  }
  return true;
}

/// Chunks go before a length that is said.
bool AnswerReader::read_field(std::string_view line) {
  auto const colon = line.find(':');
  if (colon == std::string_view::npos) return false;
  auto const name = line.substr(0, colon);
  auto const value = trimmed(line.substr(colon + 1));
  if (equal_ignoring_case(name, "transfer-encoding")) {
    length_ = Length::Chunked;
    return equal_ignoring_case(value, "chunked");  // no other was asked for
  }
  if (!equal_ignoring_case(name, "content-length") || length_ == Length::Chunked) return true;
  auto const said = number_from<std::uint64_t>(value);
  if (!said) return false;
  length_ = Length::Said;
  left_ = *said;
  return true;
}

AnswerReader::State AnswerReader::read_body() {
  if (length_ == Length::Chunked) {
    auto const fed = chunks_.feed(in_.view(), max_body_, body_);
    in_.consume(fed.consumed);
    switch (fed.state) {
      case ChunkedDecoder::State::NeedMore: return State::NeedMore;
      case ChunkedDecoder::State::Done: return State::Done;
      case ChunkedDecoder::State::TooLarge: return State::TooLarge;
      case ChunkedDecoder::State::Failed: return State::NotHttp;
    }
  }
  auto const bytes = length_ == Length::Said ? in_.view().substr(0, left_) : in_.view();
  if (body_.size() + bytes.size() > max_body_) return State::TooLarge;
  body_.append(bytes);
  left_ -= length_ == Length::Said ? bytes.size() : 0;
  in_.consume(in_.size());
  return length_ == Length::Said && left_ == 0 ? State::Done : State::NeedMore;
}

}  // namespace gateway::http
