// Closed-loop load on an MCP server behind HTTP. Every answer is checked; a wrong one is an error and
// not a call. Prints one line of JSON.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <map>
#include <string>

#include "bench/load/load.h"
#include "bench/load/options.h"

int main(int argc, char** argv) {
  using namespace bench;
  Options options;
  std::map<std::string, Transport> const transports{
      {"sse", Transport::Sse}, {"http", Transport::Http}, {"stateless", Transport::Stateless}};
  std::map<std::string, Mode> const modes{{"steady", Mode::Steady}, {"churn", Mode::Churn}, {"idle", Mode::Idle}};

  CLI::App app{"Closed-loop load on an MCP server; prints one line of JSON. Fails when an answer was wrong."};
  app.add_option("--port", options.port, "Port on 127.0.0.1")->required();
  app.add_option("--path", options.path, "Path of the endpoint: /NAME/sse, /NAME/mcp")->required();
  app.add_option("--transport", options.transport, "sse, http or stateless")
      ->transform(CLI::CheckedTransformer(transports));
  app.add_option("--mode", options.mode, "steady, churn, or idle (SSE)")->transform(CLI::CheckedTransformer(modes));
  app.add_option("--tool", options.echo.name, "The tool that gives its text back")->capture_default_str();
  app.add_option("--tool-argument", options.echo.argument, "What that tool calls the text")->capture_default_str();
  app.add_option("--tool-says", options.echo.before, "What that tool puts before the text");
  app.add_option("--tool-prefix", options.tool_prefix, "What the server puts before all names of tools");
  app.add_option("--sessions", options.sessions, "Sessions at once")->check(CLI::PositiveNumber)->capture_default_str();
  app.add_option("--slow", options.slow, "Sessions among them that read slowly, not counted (SSE)");
  app.add_option("--payload", options.payload, "Bytes of text a call carries")->capture_default_str();
  app.add_option("--result", options.result, "Call the tool 'big' instead, for results of about so many bytes");
  app.add_option("--calls", options.calls,
                 "Make so many calls in all, without a warm-up, instead of measuring for a time");
  app.add_option("--seconds", options.seconds, "Measured time; with --calls the longest they may take")
      ->capture_default_str();
  app.add_option("--warmup", options.warmup, "Time before, not measured")->capture_default_str();
  app.add_option("--token", options.token, "Bearer token of every request");
  app.add_flag("--tls", options.tls, "Connect with TLS, and accept any certificate");
  app.add_option("--pid", options.pid, "The server's process, for its CPU time");
  CLI11_PARSE(app, argc, argv);

  if (options.transport != Transport::Sse && (options.mode == Mode::Idle || options.slow > 0)) {
    fmt::print(stderr, "bench-load: only an SSE session idles or reads slowly\n");
    return 2;
  }

  Load load{options};
  load.run();
  fmt::print("{}\n", load.report());
  return load.all_right() ? 0 : 1;
}
