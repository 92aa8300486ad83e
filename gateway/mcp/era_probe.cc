#include "gateway/mcp/era_probe.h"

#include "gateway/mcp/envelope.h"
#include "gateway/rpc/json_scanner.h"
#include "gateway/rpc/json_unquote.h"
#include "gateway/rpc/rpc_error.h"

namespace gateway::mcp {

namespace {

constexpr auto kUnsupportedVersion = static_cast<int>(rpc::ErrorCode::UnsupportedProtocolVersion);

std::string_view supported_by(std::string_view raw_error) {
  auto const supported = rpc::find_member(rpc::find_member(raw_error, "data"), "supported");
  return rpc::is_array(supported) ? supported : std::string_view{};
}

bool lists_stateless_revision(std::string_view raw_versions) {
  rpc::ElementWalk walk(raw_versions);
  while (auto const version = walk.next()) {
    if (rpc::is_string(*version) && rpc::unquote(*version) == kStatelessRevision) return true;
  }
  return false;
}

}  // namespace

EraAnswer answer_to_discover(std::string_view raw_error) {
  auto const supported = supported_by(raw_error);
  if (rpc::error_code(raw_error) != kUnsupportedVersion || supported.empty()) return EraAnswer::Refuses;
  return lists_stateless_revision(supported) ? EraAnswer::AskAgain : EraAnswer::NamesVersions;
}

EraAnswer answer_to_initialize(std::string_view raw_error) {
  auto const names = rpc::error_code(raw_error) == kUnsupportedVersion || !supported_by(raw_error).empty();
  return names ? EraAnswer::NamesVersions : EraAnswer::Refuses;
}

EraStep EraProbe::begin() { return known_.era == Era::Sessions ? ask_initialize() : ask_discover(); }

EraStep EraProbe::discovered(EraAnswer answer) {
  if (over_ || discover_ != State::Asked) return EraStep::Wait;
  if (answer == EraAnswer::Speaks) {
    discover_ = State::Speaks;
    // A server may have taken initialize for its first word: what it answers to that counts.
    return initialize_ == State::Asked ? EraStep::Wait : end(EraStep::TakeDiscovery);
  }
  if (answer == EraAnswer::AskAgain && !asked_again_) {
    asked_again_ = true;
    return ask_discover();
  }
  discover_ = State::Refuses;
  if (answer != EraAnswer::Refuses) return end(EraStep::Fail);
  switch (initialize_) {
    case State::NotAsked: return known_.era == Era::Stateless ? end(EraStep::Fail) : ask_initialize();
    case State::Asked: return EraStep::Wait;
    case State::Speaks:
    case State::Refuses: break;
  }
  return end(EraStep::Fail);
}

EraStep EraProbe::initialized(EraAnswer answer) {
  if (over_ || initialize_ != State::Asked) return EraStep::Wait;
  if (answer == EraAnswer::Speaks) {
    initialize_ = State::Speaks;
    return end(EraStep::TakeInitialize);
  }
  initialize_ = State::Refuses;
  switch (discover_) {
    case State::NotAsked:
      return answer == EraAnswer::NamesVersions && !known_.certain ? ask_discover() : end(EraStep::Fail);
    case State::Asked: return EraStep::Wait;
    case State::Speaks: return end(EraStep::TakeDiscovery);
    case State::Refuses: break;
  }
  return end(EraStep::Fail);
}

EraStep EraProbe::silent() {
  auto const only_discover = discover_ == State::Asked && initialize_ == State::NotAsked;
  return over_ || known_.era || !only_discover ? EraStep::Wait : ask_initialize();
}

bool EraProbe::exit_means_sessions() const {
  // One that takes long to start finds both requests waiting for it.
  auto const unanswered = initialize_ == State::NotAsked || initialize_ == State::Asked;
  return !over_ && !known_.era && discover_ == State::Asked && unanswered;
}

EraStep EraProbe::ask_discover() {
  discover_ = State::Asked;
  return EraStep::Discover;
}

EraStep EraProbe::ask_initialize() {
  initialize_ = State::Asked;
  return EraStep::Initialize;
}

EraStep EraProbe::end(EraStep step) {
  over_ = true;
  return step;
}

}  // namespace gateway::mcp
