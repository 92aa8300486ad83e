// The few messages we write ourselves, put together from raw pieces.
#pragma once

#include <array>
#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>

namespace gateway::rpc {

/// A message in pieces, in order: what goes out is their concatenation, copied
/// once into the queue it leaves by. Views only; for the length of a call.
class PiecesView {
 public:
  static constexpr std::size_t kMax = 8;

  PiecesView() = default;
  PiecesView(std::initializer_list<std::string_view> pieces) {
    for (auto const piece : pieces) add(piece);
  }

  /// At most kMax pieces.
  void add(std::string_view piece) {
    pieces_[count_++] = piece;
    bytes_ += piece.size();
  }

  [[nodiscard]] std::string_view const* begin() const { return pieces_.data(); }
  [[nodiscard]] std::string_view const* end() const { return pieces_.data() + count_; }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  /// Known to be printable ASCII throughout: nothing in it needs a second look.
  [[nodiscard]] bool plain() const { return plain_; }
  void set_plain(bool plain) { plain_ = plain; }
  [[nodiscard]] std::string joined() const;

 private:
  std::array<std::string_view, kMax> pieces_;
  std::size_t count_ = 0;
  std::size_t bytes_ = 0;
  bool plain_ = false;
};

/// The answer to a request: its raw id and the raw result or error.
struct Reply {
  enum class Kind { Result, Error };
  std::string_view id;
  Kind kind = Kind::Result;
  std::string_view body;
  bool plain_body = false;  ///< the body is known to be printable ASCII

  [[nodiscard]] PiecesView pieces() const;
};

}  // namespace gateway::rpc
