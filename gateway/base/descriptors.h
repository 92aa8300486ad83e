// The open files of this process: how many there are, and how many there may be.
#pragma once

#include <cstddef>

namespace gateway {

/// Descriptors that are open now: the whole limit when not even one for looking is left, and 0 where the
/// system does not show them.
[[nodiscard]] std::size_t open_descriptors();

/// How many there may be: the soft limit.
[[nodiscard]] std::size_t descriptor_limit();

/// Raises the soft limit to `wanted`, as far as the hard one lets us: the usual one of 1024 is less than
/// the connections a gateway takes. Never lowers it. Gives the limit in force.
std::size_t raise_descriptor_limit(std::size_t wanted);

}  // namespace gateway
