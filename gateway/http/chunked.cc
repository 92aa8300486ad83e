#include "gateway/http/chunked.h"

#include <algorithm>

namespace gateway::http {
namespace {

constexpr int kMaxSizeDigits = 16;
constexpr std::size_t kMaxDroppedBytes = 8 * 1024;

/// -1 when `c` is not a hex digit.
constexpr int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

constexpr bool is_token(char c) {
  auto const alphanumeric = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
  return alphanumeric || std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

constexpr bool is_text(char c) {
  auto const byte = static_cast<unsigned char>(c);
  return c == '\t' || (byte >= 0x20 && byte != 0x7f);
}

}  // namespace

ChunkedDecoder::Fed ChunkedDecoder::feed(std::string_view bytes, std::size_t max_body, ByteQueue& body) {
  std::size_t at = 0;
  while (at < bytes.size() && phase_ != Phase::Done && phase_ != Phase::Failed) {
    if (phase_ == Phase::Data) {
      at += take_data(bytes.substr(at), body);
      continue;
    }
    phase_ = after(bytes[at++]);
    auto const room = max_body - std::min(max_body, body.size());
    if (phase_ == Phase::Data && left_ > room) {
      phase_ = Phase::Failed;
      return {State::TooLarge, at};
    }
  }
  if (phase_ == Phase::Done) return {State::Done, at};
  if (phase_ == Phase::Failed) return {State::Failed, at};
  return {State::NeedMore, at};
}

std::size_t ChunkedDecoder::take_data(std::string_view bytes, ByteQueue& body) {
  auto const data = bytes.substr(0, left_);
  body.append(data);
  left_ -= data.size();
  if (left_ == 0) phase_ = Phase::DataCr;
  return data.size();
}

ChunkedDecoder::Phase ChunkedDecoder::after(char c) {
  using enum Phase;
  switch (phase_) {
    case Size: return after_size_byte(c);
    // The line ends at the first CR LF, whatever quotes may be open: nobody who
    // reads extensions more closely can see the data begin elsewhere.
    case Extension:
      if (is_text(c)) return dropping(Extension);
      return c == '\r' ? SizeLf : Failed;
    case SizeLf:
      if (c != '\n') return Failed;
      digits_ = 0;
      return left_ == 0 ? TrailerStart : Data;
    case DataCr: return c == '\r' ? DataLf : Failed;
    case DataLf: return c == '\n' ? Size : Failed;
    case TrailerStart:
    case TrailerName:
    case TrailerValue:
    case TrailerLf: return after_trailer_byte(c);
    case EndLf: return c == '\n' ? Done : Failed;
    case Data:
    case Done:
    case Failed: break;
  }
  return Failed;
}

ChunkedDecoder::Phase ChunkedDecoder::after_size_byte(char c) {
  if (auto const digit = hex_value(c); digit >= 0) {
    if (digits_ == kMaxSizeDigits) return Phase::Failed;
    ++digits_;
    left_ = left_ * 16 + static_cast<std::uint64_t>(digit);
    return Phase::Size;
  }
  if (digits_ == 0) return Phase::Failed;
  if (c == ';') return dropping(Phase::Extension);
  return c == '\r' ? Phase::SizeLf : Phase::Failed;
}

ChunkedDecoder::Phase ChunkedDecoder::after_trailer_byte(char c) {
  using enum Phase;
  if (phase_ == TrailerLf) return c == '\n' ? TrailerStart : Failed;
  if (c == '\r') {
    if (phase_ == TrailerStart) return EndLf;
    return phase_ == TrailerValue ? TrailerLf : Failed;
  }
  if (phase_ == TrailerValue) return is_text(c) ? dropping(TrailerValue) : Failed;
  if (c == ':' && phase_ == TrailerName) return dropping(TrailerValue);
  return is_token(c) ? dropping(TrailerName) : Failed;
}

ChunkedDecoder::Phase ChunkedDecoder::dropping(Phase phase) {
  return ++dropped_bytes_ > kMaxDroppedBytes ? Phase::Failed : phase;
}

}  // namespace gateway::http
