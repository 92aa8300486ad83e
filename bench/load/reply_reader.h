// The client's side of HTTP/1.1, as far as the load needs it: bodies by length, by chunks or until
// the connection ends, whole or as an event stream.
#pragma once

#include <strings.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace bench {

/// Cuts lines out of bytes that come in pieces.
class LineCutter {
 public:
  /// The next line without its end, and `bytes` loses what was used; nothing while none is whole.
  /// The view is valid until the next call.
  std::optional<std::string_view> next(std::string_view& bytes) {
    if (used_) kept_.clear();
    used_ = false;
    auto const end = bytes.find('\n');
    if (end == bytes.npos) {
      kept_.append(bytes);
      bytes = {};
      return std::nullopt;
    }
    auto line = bytes.substr(0, end);
    bytes.remove_prefix(end + 1);
    if (!kept_.empty()) {
      line = kept_.append(line);
      used_ = true;
    }
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
  }

 private:
  std::string kept_;
  bool used_ = false;  ///< the last line was made of kept_
};

/// Reads the responses of one connection. Owned by it, and made anew with it.
class ReplyReader {
 public:
  struct Head {
    int status = 0;
    std::string session;  ///< Mcp-Session-Id
  };
  class Handler {
   public:
    /// The data of one event, or the body of a response that is no stream.
    virtual void on_text(std::string_view event, std::string_view text) = 0;
    /// A line in an event stream that only says that the server is there.
    virtual void on_comment() = 0;
    /// A response has come to its end. The handler may close the connection.
    virtual void on_response_end(Head const& head) = 0;

   protected:
    ~Handler() = default;
  };

  explicit ReplyReader(Handler& handler) : handler_(handler) {}

  /// False when the bytes are no HTTP.
  bool read(std::string_view bytes) {
    while (!bytes.empty()) {
      switch (part_) {
        case Part::Status: read_status(bytes); break;
        case Part::Fields: read_field(bytes); break;
        case Part::Body: read_body(bytes); break;
        case Part::ChunkSize: read_chunk_size(bytes); break;
        case Part::ChunkEnd: read_chunk_end(bytes); break;
        case Part::Broken: return false;
      }
    }
    return part_ != Part::Broken;
  }

 private:
  enum class Part { Status, Fields, Body, ChunkSize, ChunkEnd, Broken };

  void read_status(std::string_view& bytes) {
    auto const line = lines_.next(bytes);
    if (!line) return;
    head_ = {};
    chunked_ = is_stream_ = false;
    left_.reset();
    auto const is_http = line->starts_with("HTTP/1.1 ") && line->size() >= 12;
    if (is_http) std::from_chars(line->data() + 9, line->data() + 12, head_.status);
    part_ = is_http ? Part::Fields : Part::Broken;
  }

  void read_field(std::string_view& bytes) {
    auto const line = lines_.next(bytes);
    if (!line) return;
    if (line->empty()) return begin_body();
    auto const colon = std::min(line->find(':'), line->size());
    auto const is = [&](std::string_view name) {
      return colon == name.size() && ::strncasecmp(line->data(), name.data(), colon) == 0;
    };
    auto value = line->substr(std::min(colon + 1, line->size()));
    value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
    if (is("content-length")) {
      left_ = 0;
      std::from_chars(value.data(), value.data() + value.size(), *left_);
    } else if (is("transfer-encoding")) {
      chunked_ = value == "chunked";
    } else if (is("content-type")) {
      is_stream_ = value.starts_with("text/event-stream");
    } else if (is("mcp-session-id")) {
      head_.session = value;
    }
  }

  void begin_body() {
    part_ = chunked_ ? Part::ChunkSize : Part::Body;
    if (!chunked_ && left_ == 0) end_response();
  }

  void read_body(std::string_view& bytes) {
    auto const piece = bytes.substr(0, left_ ? *left_ : bytes.size());
    bytes.remove_prefix(piece.size());
    if (left_) *left_ -= piece.size();
    take(piece);
    if (left_ != 0) return;
    if (chunked_) {
      part_ = Part::ChunkEnd;
    } else {
      end_response();
    }
  }

  void read_chunk_size(std::string_view& bytes) {
    auto const line = lines_.next(bytes);
    if (!line) return;
    left_ = 0;
    std::from_chars(line->data(), line->data() + line->size(), *left_, 16);
    last_chunk_ = left_ == 0;
    part_ = last_chunk_ ? Part::ChunkEnd : Part::Body;
  }

  void read_chunk_end(std::string_view& bytes) {
    if (!lines_.next(bytes)) return;
    if (last_chunk_) return end_response();
    part_ = Part::ChunkSize;
  }

  void take(std::string_view piece) {
    if (is_stream_) return read_events(piece);
    text_.append(piece);
  }

  void read_events(std::string_view bytes) {
    while (auto const line = event_lines_.next(bytes)) {
      if (line->starts_with("data:")) {
        text_.append(line->substr(line->starts_with("data: ") ? 6 : 5));
      } else if (line->starts_with("event: ")) {
        event_ = line->substr(7);
      } else if (line->starts_with(':')) {
        handler_.on_comment();
      } else if (line->empty()) {
        hand_over();
      }
    }
  }

  void hand_over() {
    if (!text_.empty()) handler_.on_text(event_, text_);
    text_.clear();
    event_.clear();
  }

  void end_response() {
    part_ = Part::Status;
    if (!is_stream_ && head_.status == 200) hand_over();
    text_.clear();  // what others say beside 202 or an error is no message
    handler_.on_response_end(head_);
  }

  Handler& handler_;
  Part part_ = Part::Status;
  Head head_;
  bool chunked_ = false;
  bool is_stream_ = false;
  bool last_chunk_ = false;
  std::optional<std::size_t> left_;  ///< of the body or chunk; unknown: until the connection ends
  LineCutter lines_;
  LineCutter event_lines_;
  std::string event_;
  std::string text_;
};

}  // namespace bench
