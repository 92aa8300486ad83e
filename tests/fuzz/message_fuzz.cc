// A client's message that is accepted goes on as one line of valid JSON, with its
// id and arguments unchanged; a child's line is read without harm whatever it is.
#include "gateway/rpc/message.h"

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/json_text.h"
#include "gateway/mcp/client_message.h"
#include "gateway/mcp/handshake.h"
#include "gateway/mcp/params.h"
#include "gateway/mcp/tool_list.h"
#include "gateway/rpc/json_scanner.h"
#include "gateway/rpc/json_validator.h"

namespace {

using namespace gateway;
using rpc::Message;
using rpc::MessageKind;

constexpr std::string_view kToken = "9007199254740991";

void require(bool holds, char const* what) {
  if (holds) return;
  std::fprintf(stderr, "violated: %s\n", what);
  std::abort();
}

std::string on_one_line(std::string_view raw) {
  std::string line;
  mcp::append_on_one_line(line, raw);
  return line;
}

/// A view into the text it was read from, or of nothing.
bool inside(std::string_view text, std::string_view part) {
  return part.empty() || (part.data() >= text.data() && part.data() + part.size() <= text.data() + text.size());
}

/// All members but those the gateway answers for, in their order.
std::vector<std::pair<std::string, std::string>> others(std::string_view object) {
  std::vector<std::pair<std::string, std::string>> members;
  rpc::MemberWalk walk(object);
  while (auto const member = walk.next()) {
    auto const is_ours = member->is("_meta") || member->is("task") || member->is("progressToken");
    if (!is_ours) members.emplace_back(std::string(member->key), on_one_line(member->value));
  }
  return members;
}

void check_rewriting(Message const& message, mcp::ParamsRewrite const& rewrite) {
  auto const params = mcp::read_params(message.params);
  std::string rewritten;
  mcp::append_params(rewritten, params, rewrite);
  require(rewritten.find_first_of("\r\n") == std::string::npos, "one line");
  require(others(rewritten) == others(message.params), "the other members stay as they are");

  auto line = R"({"jsonrpc":"2.0","id":1,"method":)" + json_string(message.method);
  if (!rewritten.empty()) line += R"(,"params":)" + rewritten;
  line += "}";
  require(!rpc::validate(line), "valid JSON");
  auto const again = rpc::read_child_line(line);
  require(again && again->method == message.method && again->params == rewritten, "the child reads the same");

  auto const theirs = mcp::read_params(rewritten);
  require(theirs.envelope.is_empty() || params.envelope.is_empty(), "no envelope goes on");
  if (rewrite.drop_task) require(theirs.task.empty(), "no task goes on");
  if (params.ambiguous || params.progress_token.empty()) return;
  if (rewrite.progress_token.empty()) {
    require(theirs.progress_token == on_one_line(params.progress_token), "the token stays");
  } else {
    require(theirs.progress_token == rewrite.progress_token, "our token stands for the client's");
  }
}

/// However they were read.
void require_same(mcp::Params const& a, mcp::Params const& b) {
  require(a.raw == b.raw && a.name == b.name && a.arguments == b.arguments && a.uri == b.uri && a.cursor == b.cursor &&
              a.request_id == b.request_id && a.level == b.level && a.task == b.task && a.meta == b.meta &&
              a.progress_token == b.progress_token && a.input_responses == b.input_responses &&
              a.request_state == b.request_state,
          "the same params");
  require(a.envelope.version == b.envelope.version && a.envelope.capabilities == b.envelope.capabilities &&
              a.envelope.client_info == b.envelope.client_info && a.envelope.log_level == b.envelope.log_level &&
              a.envelope.repeated == b.envelope.repeated,
          "the same envelope");
  require(a.has_more == b.has_more && a.meta_has_more == b.meta_has_more && a.ambiguous == b.ambiguous,
          "the same rest");
}

void check_client_message(std::string_view text) {
  auto const read = rpc::read_client_message(text);
  if (auto const* const unreadable = std::get_if<rpc::Unreadable>(&read)) {
    require(inside(text, unreadable->id) && !unreadable->why.empty(), "a refusal");
    auto const answer = rpc::error_message(unreadable->id, unreadable->code, unreadable->why);
    return require(!rpc::validate(answer), "the refusal is valid JSON");
  }
  auto const& message = std::get<Message>(read);
  require(!rpc::validate(text), "only valid JSON is accepted");
  require_same(std::get<mcp::ClientMessage>(mcp::read_client_message(text)).parsed, mcp::read_params(message.params));
  for (auto const part : {message.id, message.params, message.result, message.error})
    require(inside(text, part), "inside");
  require(message.id.empty() == (message.kind == MessageKind::Notification), "an id unless a notification");
  require(message.id.find_first_of("\r\n") == std::string_view::npos, "an id is on one line");
  require(message.params.empty() || rpc::is_object(message.params), "params are an object");
  if (message.kind == MessageKind::Response) {
    return require(message.result.empty() != message.error.empty(), "either a result or an error");
  }
  check_rewriting(message, {});
  check_rewriting(message, {.progress_token = kToken, .drop_task = false});
  check_rewriting(message, {.progress_token = kToken, .drop_task = true});
  check_rewriting(message, {.progress_token = {}, .drop_task = true});
  auto const initialize = mcp::exclusive_initialize_params(message.params);
  require(!rpc::validate(initialize), "initialize's params are valid JSON");
}

void check_child_line(std::string_view line) {
  auto const message = rpc::read_child_line(line);
  if (!message) return;
  for (auto const part : {message->id, message->params, message->result, message->error})
    require(inside(line, part), "inside");
  (void)rpc::id_number(message->id);
  require(message->params != "null" && message->error != "null", "null is for what is not there");
  mcp::ToolList tools;
  (void)tools.add_page(message->result);
  if (auto handshake = mcp::Handshake::from(message->result, mcp::Sharing::Shared)) {
    auto const told = handshake->result_for(mcp::kNewest);
    if (!rpc::validate(line)) require(!rpc::validate(told), "a valid handshake stays valid");
  }
  std::string rewritten;
  mcp::append_params(rewritten, mcp::read_params(message->params), {.progress_token = "\"t\"", .drop_task = false});
  if (!rpc::validate(line) && !rewritten.empty()) require(!rpc::validate(rewritten), "valid params stay valid");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  std::vector<char> const exact(data, data + size);
  std::string_view const text(exact.data(), exact.size());
  check_client_message(text);
  check_child_line(text);
  return 0;
}
