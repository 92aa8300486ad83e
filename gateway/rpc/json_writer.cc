#include "gateway/rpc/json_writer.h"

#include "gateway/base/byte_scan.h"

namespace gateway::rpc {

std::string PiecesView::joined() const {
  std::string text;
  text.reserve(bytes_);
  for (auto const piece : *this) text.append(piece);
  return text;
}

PiecesView Reply::pieces() const {
  PiecesView view{R"({"jsonrpc":"2.0","id":)", id, kind == Kind::Result ? R"(,"result":)" : R"(,"error":)", body, "}"};
  view.set_plain(plain_body && !has_byte(id, [](auto x) { return below(x, 0x20) | is_high(x); }));
  return view;
}

}  // namespace gateway::rpc
