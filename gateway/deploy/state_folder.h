// Where deployments are kept: what ran, what runs, and how traffic is split.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "gateway/base/result.h"
#include "gateway/io/unique_fd.h"

namespace gateway::deploy {

/// $MCP_GATEWAY_STATE, else /var/lib/mcp-deployments for root and .local/state/mcp-deployments in the home of others.
[[nodiscard]] std::string usual_state_folder();

/// The places of one state folder. Nothing is created before it is written to.
///
///     deployments.jsonl        what was done, one line each
///     traffic.json             how traffic is split
///     programs/SHA256          programs that releases ran
///     profiles/NAME/lock             held by whoever changes what runs
///     profiles/NAME/gateway.log      what instances log
///     profiles/NAME/pid              of the instance started last
///     profiles/NAME/releases/N/config.json
class StateFolder {
 public:
  /// An absolute path stays true wherever an instance is started.
  explicit StateFolder(std::filesystem::path const& root);

  [[nodiscard]] std::filesystem::path book() const { return root_ / "deployments.jsonl"; }
  [[nodiscard]] std::filesystem::path traffic() const { return root_ / "traffic.json"; }
  [[nodiscard]] std::filesystem::path program(std::string const& sha256) const { return root_ / "programs" / sha256; }
  [[nodiscard]] std::filesystem::path of(std::string const& profile) const { return root_ / "profiles" / profile; }
  [[nodiscard]] std::filesystem::path log(std::string const& profile) const { return of(profile) / "gateway.log"; }
  [[nodiscard]] std::filesystem::path releases(std::string const& profile) const { return of(profile) / "releases"; }
  [[nodiscard]] std::filesystem::path config(std::string const& profile, unsigned release) const {
    return releases(profile) / std::to_string(release) / "config.json";
  }

 private:
  std::filesystem::path root_;
};

/// Creates the folder a file lies in, and those above it, for this user alone.
[[nodiscard]] Status make_folder_of(std::filesystem::path const& file);

/// Writes a file for this user alone. Whoever reads it finds the former content or all of this, whatever happens.
[[nodiscard]] Status write_whole(std::filesystem::path const& file, std::string_view content);

/// Takes the lock in a file, as long as the descriptor is open. An error where somebody else has it.
[[nodiscard]] Result<io::UniqueFd> take_lock(std::filesystem::path const& file);

/// In hexadecimal digits.
[[nodiscard]] std::string sha256_of(std::string_view content);
[[nodiscard]] Result<std::string> sha256_of_file(std::filesystem::path const& file);

[[nodiscard]] Result<std::string> content_of_file(std::filesystem::path const& file);

}  // namespace gateway::deploy
