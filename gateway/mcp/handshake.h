// What a child said of itself in its answer to `initialize` or
// `server/discover`, and what its clients are told of it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/mcp/listen.h"
#include "gateway/mcp/method.h"
#include "gateway/mcp/router.h"
#include "gateway/mcp/version.h"

namespace gateway::mcp {

/// The raw params of the gateway's own `initialize` to a shared child. It
/// declares no capability: a request of such a child could not be given to the
/// client it means. Where all its clients have one owner, `asks_owner`, it may ask them
/// anything: what a client cannot do is refused then.
[[nodiscard]] std::string shared_initialize_params(std::string_view gateway_version, bool asks_owner);

/// A client's `initialize` params as an exclusive child is given them: the same,
/// but never a revision that has no `initialize`.
[[nodiscard]] std::string exclusive_initialize_params(std::string_view client_params);

/// The revision a client's `initialize` asks for, as text.
[[nodiscard]] std::string asked_revision(std::string_view initialize_params);

/// The result of `initialize` or `server/discover` of a child that is one of several versions of a service, with that
/// version in its `serverInfo`, as build metadata: `1.4.2+next` (Semantic Versioning 2.0.0, item 10).
[[nodiscard]] std::string with_service_version(std::string_view raw_result, std::string_view version);

/// A child's InitializeResult, or its DiscoverResult, kept for the sessions that come.
class Handshake {
 public:
  /// Nothing when the result is not an InitializeResult; unknown revisions count
  /// as the newest.
  [[nodiscard]] static std::optional<Handshake> from(std::string_view raw_result, Sharing sharing);

  /// From a DiscoverResult, of a child that speaks the stateless revision. Nothing when the result is none or lists
  /// no version of ours. `name` is for a child that does not say who it is.
  [[nodiscard]] static std::optional<Handshake> from_discovery(std::string_view raw_result, std::string_view name);

  /// What the child speaks.
  [[nodiscard]] Era era() const { return era_; }

  /// The raw result for a client that asked for `asked`. Never of a revision without `initialize`.
  [[nodiscard]] std::string_view result_for(Revision negotiated);

  /// The raw result of `server/discover`: the same, for clients of the stateless revision. A child of that revision
  /// has said it itself; only the versions are the gateway's.
  [[nodiscard]] std::string_view discover_result();
  /// Who the child says it is: a raw object, empty where it does not say.
  [[nodiscard]] std::string const& server_info() const { return server_info_; }
  /// The part of what a client wants to be told of that the child reports.
  [[nodiscard]] ListenFilter honoured(ListenFilter const& wanted) const;
  /// For how long a client may keep the result of a list: where the child reports changes, a while.
  [[nodiscard]] std::uint32_t list_ttl_ms(Method method) const;

  /// What the child says it can do: a raw object.
  [[nodiscard]] std::string_view capabilities() const;

  [[nodiscard]] Revision revision() const { return revision_; }
  [[nodiscard]] std::string const& revision_text() const { return revision_text_; }
  [[nodiscard]] bool tells_tool_changes() const { return tells_tool_changes_; }
  [[nodiscard]] bool has_tools() const { return has_tools_; }
  [[nodiscard]] bool has_logging() const { return has_logging_; }

  /// Whether another run of the child says the same of itself, so that sessions
  /// may go on with what they were told.
  [[nodiscard]] bool same_as(Handshake const& other) const { return raw_ == other.raw_; }

 private:
  Handshake(std::string raw, std::string_view capabilities);
  [[nodiscard]] bool declares(std::string_view capability, std::string_view flag) const;
  [[nodiscard]] std::string build(Revision negotiated) const;

  std::string raw_;  ///< an InitializeResult, whichever the child gave
  std::string server_info_;
  Era era_ = Era::Sessions;
  Sharing sharing_ = Sharing::Shared;
  Revision revision_ = kNewest;
  std::string revision_text_;
  bool has_tools_ = false;
  bool tells_tool_changes_ = false;
  bool has_logging_ = false;
  std::array<std::string, 4> built_;  ///< by revision, once asked for
  std::string discover_;              ///< once asked for
};

}  // namespace gateway::mcp
