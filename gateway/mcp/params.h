// The members of a request's params that the gateway judges by or rewrites.
#pragma once

#include <string>
#include <string_view>

namespace gateway::mcp {

/// Raw spans of the params they were read from; empty when absent. A cursor or a
/// progress token that is null is none.
struct Params {
  std::string_view raw;
  std::string_view name;            ///< tools/call, prompts/get
  std::string_view arguments;       ///< of these
  std::string_view uri;             ///< resources/*
  std::string_view cursor;          ///< */list
  std::string_view request_id;      ///< notifications/cancelled
  std::string_view level;           ///< logging/setLevel
  std::string_view task;            ///< tools/call of 2025-11-25
  std::string_view meta;            ///< _meta
  std::string_view progress_token;  ///< in _meta of a request, at the top of a progress notification
  bool has_envelope = false;        ///< _meta holds keys of the stateless revision
  bool ambiguous = false;  ///< one of the above is given twice or in another case: parsers differ on what counts
};

[[nodiscard]] Params read_params(std::string_view raw);

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
