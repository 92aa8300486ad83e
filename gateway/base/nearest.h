// The word somebody meant who mistyped it.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace gateway {

/// How many letters must be changed, added, taken away or swapped with their
/// neighbour to make `a` into `b`.
[[nodiscard]] std::size_t edit_distance(std::string_view a, std::string_view b);

/// The first of `words` that is nearest to `word`; empty when none is so near that it
/// was meant. Case, `_` and `-` do not count: `callTimeout` is `call_timeout`.
[[nodiscard]] std::string_view nearest(std::string_view word, std::span<std::string_view const> words);

}  // namespace gateway
