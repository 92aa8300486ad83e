#include "gateway/auth/stored_secret.h"

#include <utility>

#include "gateway/io/changing_file.h"

namespace gateway::auth {

std::optional<std::string> stored_secret(std::string path) {
  auto read = io::ChangingFile(std::move(path)).read_if_changed();
  if (!read || !*read) return std::nullopt;
  auto secret = **std::move(read);
  if (secret.ends_with('\n')) secret.pop_back();
  if (secret.ends_with('\r')) secret.pop_back();
  return secret;
}

}  // namespace gateway::auth
