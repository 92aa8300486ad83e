// Rejects a connection: sends an answer and closes it.
#pragma once

#include <string_view>

#include "gateway/io/unique_fd.h"

namespace gateway::io {

/// Sends `words`, short enough for the buffer of a new connection, and closes it. Never blocks.
/// What the peer has sent already is read first: closing with unread data would reset the
/// connection, and the answer might be lost.
void farewell(UniqueFd socket, std::string_view words);

}  // namespace gateway::io
