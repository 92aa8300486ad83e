// The names things have for each other. An id may outlive its thing: whoever
// holds one looks it up at each use, and an absent one is a normal case.
#pragma once

#include <cstdint>
#include <type_traits>

namespace gateway {

/// One client's session. Never reused within a process.
enum class SessionId : std::uint64_t {};

/// One request a child owes an answer: the JSON-RPC id the child sees.
/// Starts at 1, never reused by one child, stays below 2^53.
enum class CallId : std::uint64_t {};

/// One edition of a service: what one configuration of it describes, with its children. Starts at 1, never reused
/// within a service.
enum class EditionId : std::uint32_t {};

/// One child of a service, through all its runs. Never reused within an edition of the service.
enum class ChildId : std::uint64_t {};

/// One HTTP request that is being answered. Never reused within a process.
enum class ExchangeId : std::uint64_t {};

/// Whose calls share what a child can take: see mcp/client_id.h. 0 is the gateway itself.
enum class ClientId : std::uint64_t {};

/// A service, for as long as it is configured. Starts at 1, never reused within a process.
enum class ServiceKey : std::uint32_t {};

template <typename Id>
constexpr auto raw(Id id) {
  return static_cast<std::underlying_type_t<Id>>(id);
}

}  // namespace gateway
