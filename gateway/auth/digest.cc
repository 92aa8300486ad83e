#include "gateway/auth/digest.h"

#include <openssl/sha.h>

#include <cstddef>

namespace gateway::auth {

Digest sha256(std::string_view bytes) {
  Digest digest;
  SHA256(reinterpret_cast<unsigned char const*>(bytes.data()), bytes.size(), digest.data());
  return digest;
}

std::string to_hex(Digest const& digest) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  text.reserve(2 * digest.size());
  for (auto const byte : digest) {
    text.push_back(kDigits[byte >> 4U]);
    text.push_back(kDigits[byte & 15U]);
  }
  return text;
}

std::string short_hash(std::string_view bytes) {
  constexpr std::size_t kShown = 12;
  auto text = to_hex(sha256(bytes));
  text.resize(kShown);
  return text;
}

}  // namespace gateway::auth
