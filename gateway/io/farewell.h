// The end of a connection that is not taken in: a last word, and closed.
#pragma once

#include <string_view>

#include "gateway/io/unique_fd.h"

namespace gateway::io {

/// Sends `words`, few enough for the buffer of a connection that is new, and closes it. Waits for
/// nothing. What the peer has sent already is taken off first: closing over it would reset the
/// connection, and the words might never be read.
void farewell(UniqueFd socket, std::string_view words);

}  // namespace gateway::io
