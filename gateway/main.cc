// The program's beginning and its very end.
#include <malloc.h>

#include <algorithm>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <string_view>

#include "gateway/cli/command_line.h"
#include "gateway/io/child_process.h"
#include "gateway/sandbox/enter.h"

int main(int argc, char** argv) {
  // Without what a program does at its end, for which it may lack the rights in there.
  if (argc > 1 && std::string_view(argv[1]) == gateway::io::kEnterSandbox)
    std::_Exit(gateway::sandbox::enter(argv + 2));
  // Buffers of large messages come and go; giving each back to the system at once
  // costs more page faults than the message costs anything else.
  constexpr int kKeptMemory = 16 << 20;
  mallopt(M_MMAP_THRESHOLD, kKeptMemory);
  mallopt(M_TRIM_THRESHOLD, kKeptMemory);
  try {
    return gateway::cli::run_command_line(argc > 0 ? argv[0] : "", {argv + std::min(argc, 1), argv + argc});
  } catch (std::exception const& error) {
    std::cerr << "mcp-gateway cannot go on: " << error.what() << '\n';
    return 1;
  }
}
