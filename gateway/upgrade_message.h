// What two processes of the gateway say to each other while one replaces the other.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "gateway/base/client_certificate.h"
#include "gateway/base/generation.h"
#include "gateway/config/config.h"

namespace gateway {

// From the former process to the next one, in this order. First each socket that listens, its descriptor with it.
struct ListenerOffer {
  std::string name{};  ///< "main", "admin", or as `name_of_own_listener` has it
};
/// Of the listener that a service has for itself: no other is called so, whatever the service's name.
[[nodiscard]] inline std::string name_of_own_listener(std::string_view service) { return "/" + std::string(service); }
/// These were all listeners: start.
struct Begin {
  Generation generation{};                 ///< of the next process
  std::size_t open_files_of_children = 0;  ///< as DescriptorBudget has it
  std::size_t predecessors = 1;            ///< processes before it that are there
};
/// Open the listeners: from now on clients are yours.
struct Serve {};
/// End: nothing was changed.
struct Abandon {};
/// About to end: nothing more is to be passed. Answered by KnowsLeaving, before which no message is lost.
struct Leaving {};

// From the next process to the former one.
/// Why it does not start.
struct StartFailed {
  std::string why{};
};
/// How far a service is that starts.
struct ServiceStart {
  std::string name{};
  bool is_settled = false;  ///< it works, or there is nothing to wait for
  bool works = false;
  std::string why{};  ///< it does not work, or not yet; else empty
};
/// Said again and again, until it is told to serve or to end. Of many services in several parts.
struct Starting {
  std::vector<ServiceStart> services{};
  bool more = false;  ///< another part follows
};
/// The listeners are open.
struct Serving {};
/// Which listeners to open again, should the next process die. Said when it serves, and when something of it changes.
struct Keep {
  bool serve_again = true;                      ///< false while another process follows
  std::vector<config::ListenAddress> listen{};  ///< where the next process listens: others are to be closed
};
/// End your sessions: everything stops.
struct EndSessions {};
/// Nothing more is passed.
struct KnowsLeaving {};

// In both directions: a connection, whose descriptor comes with it, and a file of what was read of it and not used.
struct PassedConnection {
  std::string listener{};   ///< as in ListenerOffer
  bool has_origin = false;  ///< `remote` and `certificate` say who the client is: its socket is another
  std::string remote{};
  std::optional<ClientCertificate> certificate{};
};

using UpgradeMessage = std::variant<ListenerOffer, Begin, Serve, Abandon, StartFailed, Starting, Serving, Keep,
                                    EndSessions, PassedConnection, Leaving, KnowsLeaving>;

[[nodiscard]] std::string to_text(UpgradeMessage const& message);

/// Nothing for what is not known: the other process may be of another version, which says more. Members that are not
/// known are passed over, and those that are missing are as in a new value.
[[nodiscard]] std::optional<UpgradeMessage> read_upgrade_message(std::string_view text);

/// In parts that each fit a message. What a service says of itself is cut where it is long.
[[nodiscard]] std::vector<Starting> parts_of(Starting starting);

/// Whether the next process may take over: each service that `works_now`, and that it has, works in it. What does not
/// work now need not.
struct Readiness {
  enum class Verdict {
    Ready,
    NotYet,
    Never,
  };
  Verdict verdict = Verdict::Ready;
  std::string why{};  ///< it is not ready: the services and their reasons
};
[[nodiscard]] Readiness judge(std::vector<std::string> const& works_now, Starting const& next);

}  // namespace gateway
