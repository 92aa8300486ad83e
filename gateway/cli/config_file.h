// The configuration file of a running gateway, read again.
#pragma once

#include <string>
#include <vector>

#include "gateway/admin/reload.h"
#include "gateway/cli/arguments.h"
#include "gateway/cli/sandboxes.h"
#include "gateway/io/changing_file.h"
#include "gateway/sandbox/support.h"

namespace gateway::cli {

class ConfigFile final : public admin::ConfigSource {
 public:
  /// As `run` was called, and with what it found out of the system then.
  ConfigFile(Arguments arguments, sandbox::Support support, AskedOfSystem asked);

  [[nodiscard]] admin::ReadConfig read() override;
  [[nodiscard]] bool has_changed() override;

 private:
  void watch(std::vector<std::string> const& files);

  Arguments arguments_;
  sandbox::Support support_;
  AskedOfSystem asked_;
  std::vector<io::ChangingFile> files_;
};

}  // namespace gateway::cli
