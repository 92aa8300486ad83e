// The questions that begin a run of a child, whichever revisions it speaks.
#pragma once

#include <string>
#include <utility>

#include "gateway/backend/own_question.h"

namespace gateway::backend {

/// `initialize` or `server/discover`. The time limit is that of the child's start, not of a call; where its answer may
/// never come although the child is ready, the same time is its patience.
class Greeting final : public OwnQuestion {
 public:
  class Owner {
   public:
    /// How it ended, as `OwnQuestion::ended`.
    virtual void on_greeting_ended(mcp::Method method, mcp::Outcome outcome, rpc::Reply const& reply) = 0;

   protected:
    ~Owner() = default;
  };

  /// `owner` outlives it.
  Greeting(mcp::Method method, std::string params, Duration patience, Owner& owner)
      : method_(method), params_(std::move(params)), patience_(patience), owner_(owner) {}

  [[nodiscard]] Request request() const override {
    return {.method = label(method_), .params = params_, .patience = patience_};
  }
  void ended(mcp::Call const&, mcp::Outcome outcome, rpc::Reply const& reply) override {
    owner_.on_greeting_ended(method_, outcome, reply);
  }

 private:
  mcp::Method method_;
  std::string params_;
  Duration patience_;
  Owner& owner_;
};

}  // namespace gateway::backend
