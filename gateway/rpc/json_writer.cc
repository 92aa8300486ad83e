#include "gateway/rpc/json_writer.h"

namespace gateway::rpc {

std::string PiecesView::joined() const {
  std::string text;
  text.reserve(bytes_);
  for (auto const piece : *this) text.append(piece);
  return text;
}

}  // namespace gateway::rpc
