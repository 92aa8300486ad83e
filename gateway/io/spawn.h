// Starts a program with a pipe at each of its descriptors 0, 1 and 2.
#pragma once

#include <sys/types.h>

#include <string>

#include "gateway/base/result.h"
#include "gateway/io/unique_fd.h"

namespace gateway::io {

struct ChildSpec;

/// A program that runs. The pipes are our ends, non-blocking.
struct Spawned {
  pid_t pid = 0;
  UniqueFd process;  ///< its pidfd: readable when it has ended
  UniqueFd input;    ///< its stdin
  UniqueFd output;   ///< its stdout
  UniqueFd errors;   ///< its stderr
};

/// Starts `spec` as ChildSpawner promises, with `mark`, "NAME=value", in
/// the place of an environment variable of that name.
Result<Spawned> spawn(ChildSpec const& spec, std::string const& mark);

}  // namespace gateway::io
