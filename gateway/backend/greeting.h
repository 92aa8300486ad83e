// The handshake with a child, whichever revisions it speaks.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "gateway/backend/own_question.h"
#include "gateway/mcp/handshake.h"

namespace gateway::backend {

/// `initialize`. Its time limit is that of the child's start, not of a call.
class Greeting final : public OwnQuestion {
 public:
  class Owner {
   public:
    virtual void on_greeted(mcp::Handshake handshake) = 0;
    /// The child cannot be used.
    virtual void on_greeting_failed(std::string_view why) = 0;

   protected:
    ~Owner() = default;
  };

  Greeting(std::string params, mcp::Sharing sharing, Owner& owner)
      : params_(std::move(params)), sharing_(sharing), owner_(owner) {}

  [[nodiscard]] Request request() const override {
    return {.method = "initialize", .params = params_, .patience = kUnlimited};
  }
  void ended(mcp::Call const& call, mcp::Outcome outcome, rpc::Reply const& reply) override;

 private:
  std::string params_;
  mcp::Sharing sharing_;
  Owner& owner_;
};

/// `server/discover`, to a child that speaks the stateless revision.
class Discovery final : public OwnQuestion {
 public:
  /// `name` is the service's; `owner` outlives it.
  Discovery(std::string params, std::string name, Greeting::Owner& owner)
      : params_(std::move(params)), name_(std::move(name)), owner_(owner) {}

  [[nodiscard]] Request request() const override {
    return {.method = "server/discover", .params = params_, .patience = kUnlimited};
  }
  void ended(mcp::Call const& call, mcp::Outcome outcome, rpc::Reply const& reply) override;

 private:
  std::string params_;
  std::string name_;
  Greeting::Owner& owner_;
};

}  // namespace gateway::backend
