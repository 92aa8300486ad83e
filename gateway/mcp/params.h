// The members of a request's params that the gateway judges by or rewrites.
#pragma once

#include <string>
#include <string_view>

#include "gateway/mcp/envelope.h"
#include "gateway/mcp/envelope_cache.h"
#include "gateway/rpc/json_validator.h"

namespace gateway::mcp {

/// Raw spans of the params they were read from; empty when absent. A cursor or a
/// progress token that is null is none.
struct Params {
  std::string_view raw;
  std::string_view name;             ///< tools/call, prompts/get
  std::string_view arguments;        ///< of these
  std::string_view uri;              ///< resources/*
  std::string_view cursor;           ///< */list
  std::string_view request_id;       ///< notifications/cancelled
  std::string_view level;            ///< logging/setLevel
  std::string_view task;             ///< tools/call of 2025-11-25
  std::string_view meta;             ///< _meta
  std::string_view progress_token;   ///< in _meta of a request, at the top of a progress notification
  std::string_view input_responses;  ///< of a retry of the stateless revision
  std::string_view request_state;    ///< the same
  RawEnvelope envelope;              ///< in _meta
  bool has_more = false;             ///< members besides these
  bool meta_has_more = false;        ///< members of _meta besides these
  /// One of those of all revisions is given twice or in another case: parsers differ on what counts.
  bool ambiguous = false;
};

/// Reads params from their members, as a walk or a validation comes across them.
class ParamsReader final : public rpc::MemberSink {
 public:
  /// They are empty. Envelopes are looked up and kept in `known`, if there is one. References outlive this.
  explicit ParamsReader(Params& params, EnvelopeCache* known = nullptr) : params_(params), known_(known) {}

  [[nodiscard]] bool enters(int depth, rpc::Member const& member) const override {
    return depth == 0 && member.is("_meta");
  }
  [[nodiscard]] std::size_t known_object(int depth, rpc::Member const& member, std::string_view rest) override;
  void on_member(int depth, rpc::Member const& member) override;

  /// All members were told. `raw` is the whole of the params.
  void finish(std::string_view raw);

 private:
  Params& params_;
  EnvelopeCache* known_;
};

[[nodiscard]] Params read_params(std::string_view raw);

/// Whether a member of params is one of those in Params.
[[nodiscard]] bool is_known_param(rpc::Member const& member);

/// What changes on the way.
struct ParamsRewrite {
  std::string_view progress_token{};  ///< raw; stands for the one that is there. Empty: left as it is
  bool drop_task = false;             ///< a server that offers no tasks ignores the member; ours must not see it
  bool keep_envelope = false;         ///< the server speaks the stateless revision, as the client does
  std::string_view envelope{};        ///< raw members of `_meta` in the place of the client's envelope; empty: none
};

/// Appends the params as one line: every value byte for byte, line ends between
/// tokens as spaces, the token replaced, envelope keys of the stateless revision
/// left out (a child that was initialized rejects them), kept or replaced.
void append_params(std::string& out, Params const& params, ParamsRewrite const& rewrite);

/// Appends `raw`, valid JSON, with the line ends between its tokens as spaces.
void append_on_one_line(std::string& out, std::string_view raw);

}  // namespace gateway::mcp
