// What a service's child may do, as far as the system can hold it to that.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/clock.h"

namespace gateway::config {

/// Which files a child reaches.
enum class FileReach {
  Listed,  ///< those of the system and of its program that are harmless, and the listed ones
  Any,     ///< whatever its user may
};

/// Which network a child reaches.
enum class NetworkReach {
  Any,
  None,  ///< nothing beyond itself
};

/// Parts of a sandbox that not every system has.
enum class SandboxLayer {
  Files,      ///< Landlock
  TcpPorts,   ///< Landlock's fourth version
  Processes,  ///< a count of its own: a control group, a user namespace or a user
  Memory,     ///< a control group
};

/// The sandbox of one service. Whoever has one has no new privileges, no capabilities and a list of system calls that
/// are refused; the rest is here.
struct SandboxConfig {
  /// The named settings this began with; empty: none.
  std::string preset{};
  FileReach files = FileReach::Listed;
  std::vector<std::string> read{};     ///< absolute paths it may read
  std::vector<std::string> execute{};  ///< absolute paths it may read, and run programs of
  std::vector<std::string> write{};    ///< absolute paths it may read and change
  /// Directories that its arguments name are writable.
  bool write_args = false;
  NetworkReach network = NetworkReach::Any;
  std::optional<std::vector<std::uint16_t>> connect_ports{};  ///< TCP ports it may connect to; absent: any
  std::optional<std::vector<std::uint16_t>> bind_ports{};     ///< TCP ports it may listen on; absent: any
  bool unix_sockets = false;                                  ///< besides pairs of them
  bool user_namespaces = false;                               ///< it may create some, as browsers do
  /// The user it runs as, a name or UID or UID:GID; empty: the gateway's.
  std::string user{};
  std::size_t max_open_files = 0;  ///< of each process; 0: as the gateway
  std::size_t max_processes = 0;   ///< and threads, of the child and its descendants; 0: as the gateway
  std::size_t max_file_size = 0;   ///< of a file it writes; 0: as the gateway
  std::size_t max_data = 0;        ///< private memory of each process; 0: as the gateway
  std::size_t max_memory = 0;      ///< of the child and its descendants; 0: as the gateway
  std::size_t max_core_size = 0;   ///< of a core dump; 0: none
  /// Processor time of each process, in whole seconds; 0: as the gateway.
  milliseconds max_cpu_time{0};
  /// What may be missing on this system.
  std::vector<SandboxLayer> optional{};

  bool operator==(SandboxConfig const&) const = default;
};

/// The presets, in the order of the documentation.
[[nodiscard]] std::vector<std::string_view> sandbox_presets();

/// The settings of a preset; empty where there is none of that name.
[[nodiscard]] std::optional<SandboxConfig> sandbox_preset(std::string_view name);

/// Whether this is how a user is written: a name, UID or UID:GID; not root.
[[nodiscard]] bool is_sandbox_user(std::string_view text);

}  // namespace gateway::config
