#include "gateway/config/log_outputs.h"

#include <fmt/format.h>

#include <filesystem>
#include <map>
#include <utility>

namespace gateway::config {
namespace {

/// Each has a thread and a queue of its own.
constexpr std::size_t kMostOutputs = 8;
/// A rotated file holds at least a few of the longest lines.
constexpr std::size_t kSmallestFile = 64 * kKiB;
/// What the address of a socket has room for (unix(7)).
constexpr std::size_t kLongestSocketPath = 107;

void check_file(ConfigPlace const& place, Json const& found, LogOutput const& output) {
  if (!has(found, "path")) place.error("expected the key 'path' for a file, which is missing");
  if (output.max_size != 0 && output.max_size < kSmallestFile)
    place.member("max_size").mismatch("0B or at least 64KiB", found["max_size"]);
}

void check_other(ConfigPlace const& place, Json const& found, LogOutput const& output) {
  for (auto const* const key : {"max_size", "keep"})
    if (has(found, key)) place.member(key).error("expected this key for the kind 'file' only");
  if (output.kind == LogOutputKind::Stderr && has(found, "path"))
    place.member("path").error("expected no path, as the kind is 'stderr'");
  if (output.path.size() > kLongestSocketPath)
    place.member("path").error(fmt::format("expected the path of a socket, of at most {} bytes, found {} bytes",
                                           kLongestSocketPath, output.path.size()));
}

/// What two outputs must not share. A file and a socket cannot have one path.
std::pair<LogOutputKind, std::string> target_of(LogOutput const& output) {
  return {output.kind, std::filesystem::path(output.path).lexically_normal().string()};
}

}  // namespace

void check_log_outputs(ConfigPlace const& place, Json const& found, std::vector<LogOutput> const& outputs) {
  if (outputs.size() > kMostOutputs)
    place.error(fmt::format("expected at most {} outputs, found {}", kMostOutputs, outputs.size()));
  std::map<std::pair<LogOutputKind, std::string>, std::size_t> targets;
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    if (!found[i].is_object() || !has(found[i], "kind")) continue;  // reported already
    (outputs[i].kind == LogOutputKind::File ? check_file : check_other)(place.element(i), found[i], outputs[i]);
    auto const [other, is_new] = targets.try_emplace(target_of(outputs[i]), i);
    if (!is_new)
      place.element(i).error(fmt::format("expected another target than that of {}: both would write to the same place",
                                         place.element(other->second).path()));
  }
}

}  // namespace gateway::config
