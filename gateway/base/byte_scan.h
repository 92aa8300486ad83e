// Searches for bytes of a class: sixteen at a time with SSE2, otherwise one at a time.
#pragma once

#include <bit>
#include <cstddef>
#include <string_view>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace gateway {

/// One byte, and sixteen. A class of bytes is written once, as a lambda over
/// either: `[](auto x) { return equals(x, '"') | below(x, 0x20); }`.
struct OneByte {
  unsigned char value;
};
constexpr unsigned equals(OneByte x, char c) { return x.value == static_cast<unsigned char>(c) ? 1U : 0U; }
/// Below `limit`, which is at least 1.
constexpr unsigned below(OneByte x, unsigned char limit) { return x.value < limit ? 1U : 0U; }
/// 0x80 and above.
constexpr unsigned is_high(OneByte x) { return x.value >= 0x80 ? 1U : 0U; }

#if defined(__SSE2__)
struct SixteenBytes {
  __m128i value;
  friend SixteenBytes operator|(SixteenBytes a, SixteenBytes b) { return {_mm_or_si128(a.value, b.value)}; }
  [[nodiscard]] unsigned mask() const { return static_cast<unsigned>(_mm_movemask_epi8(value)); }
  static SixteenBytes at(char const* p) { return {_mm_loadu_si128(reinterpret_cast<__m128i const*>(p))}; }
};
inline SixteenBytes equals(SixteenBytes x, char c) { return {_mm_cmpeq_epi8(x.value, _mm_set1_epi8(c))}; }
inline SixteenBytes below(SixteenBytes x, unsigned char limit) {
  auto const highest = _mm_set1_epi8(static_cast<char>(limit - 1));
  return {_mm_cmpeq_epi8(_mm_min_epu8(x.value, highest), x.value)};
}
/// The mask takes the sign bits, which are what makes a byte high.
inline SixteenBytes is_high(SixteenBytes x) { return x; }
#endif

/// The first byte of that kind, or `end`; for texts that are short, or where it is near.
template <typename Kind>
[[gnu::always_inline]] inline char const* find_near_byte(char const* p, char const* end, Kind kind) {
#if defined(__SSE2__)
  if (end - p >= 16) {
    for (; end - p >= 16; p += 16) {
      if (auto const mask = kind(SixteenBytes::at(p)).mask(); mask != 0) return p + std::countr_zero(mask);
    }
    if (p == end) return end;
    // The rest with some bytes before it, in which nothing is.
    auto const mask = kind(SixteenBytes::at(end - 16)).mask();
    return mask != 0 ? end - 16 + std::countr_zero(mask) : end;
  }
#endif
  while (p < end && kind(OneByte{static_cast<unsigned char>(*p)}) == 0) ++p;
  return p;
}

/// Where a text counts as long.
inline constexpr std::ptrdiff_t kLongText = 256;

/// The same for long texts. What is not near its front is looked for in blocks of 64 bytes: one test for
/// all of them takes half the time of four.
template <typename Kind>
[[gnu::noinline]] char const* find_far_byte(char const* p, char const* end, Kind kind) {
#if defined(__SSE2__)
  auto const* const front = p + kLongText;
  if (auto const* const near = find_near_byte(p, front, kind); near != front) return near;
  constexpr std::ptrdiff_t kBlock = 64;
  for (p = front; end - p >= kBlock; p += kBlock) {
    auto const found = kind(SixteenBytes::at(p)) | kind(SixteenBytes::at(p + 16)) | kind(SixteenBytes::at(p + 32)) |
                       kind(SixteenBytes::at(p + 48));
    if (found.mask() != 0) break;
  }
#endif
  return find_near_byte(p, end, kind);
}

/// The first byte of that kind, or `end`.
template <typename Kind>
char const* find_byte(char const* p, char const* end, Kind kind) {
  return end - p > kLongText ? find_far_byte(p, end, kind) : find_near_byte(p, end, kind);
}

/// Which of the sixteen bytes at `p` are of that kind: bit N stands for p[N].
template <typename Kind>
unsigned bytes_of_kind(char const* p, Kind kind) {
#if defined(__SSE2__)
  return kind(SixteenBytes::at(p)).mask();
#else
  unsigned mask = 0;
  for (unsigned i = 0; i < 16; ++i) mask |= kind(OneByte{static_cast<unsigned char>(p[i])}) << i;
  return mask;
#endif
}

/// Whether a byte of that kind is there.
template <typename Kind>
bool has_byte(std::string_view text, Kind kind) {
  auto const* const end = text.data() + text.size();
  return find_byte(text.data(), end, kind) != end;
}

}  // namespace gateway
