// How the places of one child are shared out among clients.
#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_map>

#include "gateway/base/ids.h"

namespace gateway::mcp {

/// A client may hold `share` of the places that the others leave, to the nearest
/// whole number, and one in any case. So a client that holds all it may leaves some
/// for whoever comes next, also while nobody else is there; the next one leaves some
/// of these, and so on. What is kept free is little beside what a client has that is
/// alone: with a share of 7/8 it is 128 of 1024, 1 of 4, and none of 3 or fewer,
/// where one place is a large part of all that the child can do.
///
/// Pure. Costs of every operation are constant.
class ClientShares {
 public:
  /// `share` is in 0..1; with 1 nothing is kept free.
  ClientShares(std::size_t places, double share) : places_(places), share_(share), any_may_hold_(bound(places)) {}

  [[nodiscard]] bool full() const { return taken_ >= places_; }

  /// Whether a place is free that this client may take.
  [[nodiscard]] bool admits(ClientId client) const;

  /// The client takes a place, whether or not it may: the gateway's own calls,
  /// which are few, do not ask.
  void take(ClientId client);
  void give_back(ClientId client);

  /// Another share from now on: nobody gives back what it holds.
  void set_share(double share) {
    share_ = share;
    any_may_hold_ = bound(places_);
  }

  [[nodiscard]] std::size_t held_by(ClientId client) const;

 private:
  /// What one client may hold of so many places.
  [[nodiscard]] std::size_t bound(std::size_t places) const;
  void forget_those_without();

  static constexpr std::size_t kRemembered = 16;

  std::size_t places_;
  double share_;
  std::size_t any_may_hold_;  ///< below so many taken it does not matter by whom
  std::size_t taken_ = 0;
  std::unordered_map<ClientId, std::size_t> held_;  ///< also 0, for a while: most who gave one back come again
  std::size_t forget_above_ = kRemembered;          ///< so many clients in held_
};

}  // namespace gateway::mcp
