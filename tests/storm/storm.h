// A story of everything that can happen to a gateway, in an order nobody thought of.
#pragma once

#include <cstddef>
#include <cstdint>

#include "tests/storm/choices.h"
#include "tests/storm/ledger.h"

namespace gateway::storm {

/// Lives through `steps` of them, or until the choices are exhausted, and then lets
/// everything come to its end. Throws Broken when a rule of the gateway was broken on
/// the way: a message in a session it does not belong to, a request answered twice or
/// never, a count that is wrong, something left over. Gives what there was to see.
Seen live_through(Choices& choices, std::size_t steps, std::uint64_t seed,
                  Ledger::Telling telling = Ledger::Telling::Silent);

}  // namespace gateway::storm
