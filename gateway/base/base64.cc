#include "gateway/base/base64.h"

#include <cstddef>
#include <cstdint>

namespace gateway {

namespace {

constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

}  // namespace

std::optional<std::string> decode_base64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  auto digits = text;
  while (text.size() - digits.size() < 2 && digits.ends_with('=')) digits.remove_suffix(1);

  std::string bytes;
  bytes.reserve(digits.size() / 4 * 3 + 2);
  std::uint32_t gathered = 0;
  unsigned bits = 0;
  for (auto const digit : digits) {
    auto const value = kDigits.find(digit);
    if (value == std::string_view::npos) return std::nullopt;
    gathered = gathered << 6 | static_cast<std::uint32_t>(value);
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes.push_back(static_cast<char>(gathered >> bits));
    gathered &= (1U << bits) - 1;
  }
  // What is left over must be padding: less than a digit, and zero.
  if (bits == 6 || gathered != 0) return std::nullopt;
  return bytes;
}

std::string encode_base64(std::string_view bytes) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  std::uint32_t gathered = 0;
  unsigned bits = 0;
  for (auto const byte : bytes) {
    gathered = gathered << 8 | static_cast<unsigned char>(byte);
    for (bits += 8; bits >= 6; gathered &= (1U << bits) - 1) {
      bits -= 6;
      text.push_back(kDigits[gathered >> bits]);
    }
  }
  if (bits > 0) text.push_back(kDigits[gathered << (6 - bits)]);
  while (text.size() % 4 != 0) text.push_back('=');
  return text;
}

}  // namespace gateway
