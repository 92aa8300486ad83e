#include "gateway/cli/one_server.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "gateway/cli/gateway_flags.h"

namespace gateway::cli {
namespace {

using namespace std::chrono_literals;

Arguments arguments_of(std::vector<std::string> words) {
  words.insert(words.begin(), "run");
  words.insert(words.end(), {"--", "prog", "a b", "${HOME}"});
  auto read = read_arguments(
      words, {.is_program = [](auto const&) { return false; }, .is_file = [](auto const&) { return false; }});
  if (auto* const arguments = std::get_if<Arguments>(&read)) return std::move(*arguments);
  ADD_FAILURE() << std::get<Farewell>(read).text;
  return {};
}

struct Outcome {
  std::optional<config::Config> config;
  std::string errors;
};

Outcome configured(std::vector<std::string> words) {
  auto const arguments = arguments_of(std::move(words));
  std::ostringstream errors;
  auto config = one_server(arguments, errors);
  if (config && !apply_gateway_flags(arguments, *config, errors)) config.reset();
  return {std::move(config), errors.str()};
}

std::string error_of(std::vector<std::string> words) { return configured(std::move(words)).errors; }

/// A file in a folder of its own, which goes with it.
class TokenFile {
 public:
  explicit TokenFile(std::string const& content) {
    std::string pattern = std::filesystem::temp_directory_path() / "token-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
    std::ofstream(path()) << content;
  }
  ~TokenFile() { std::filesystem::remove_all(folder_); }
  TokenFile(TokenFile const&) = delete;
  TokenFile& operator=(TokenFile const&) = delete;
  [[nodiscard]] std::string path() const { return (folder_ / "alice.txt").string(); }

 private:
  std::filesystem::path folder_;
};

TEST(OneServer, IsRequiredAndHasTheDefaultsOfAFile) {
  auto const config = configured({}).config;

  ASSERT_TRUE(config);
  EXPECT_EQ("127.0.0.1:8080", to_string(config->gateway.listen));
  EXPECT_FALSE(config->gateway.admin_listen);
  EXPECT_EQ((config::ServiceConfig{.name = "server", .command = "prog", .args = {"a b", "${HOME}"}, .required = true}),
            config->services.at(0));
}

TEST(OneServer, TakesEverythingAContainerNeedsFromFlags) {
  TokenFile const token("0123456789abcdef\n");
  auto const config = configured({"--host",
                                  "0.0.0.0",
                                  "--port",
                                  "9000",
                                  "--admin",
                                  ":9091",
                                  "--token-file",
                                  token.path(),
                                  "--admin-token-file",
                                  token.path(),
                                  "--allowed-host",
                                  "MCP.example.com",
                                  "--allowed-origin",
                                  "https://chat.example.com",
                                  "--base-path",
                                  "/team-a",
                                  "--drain-timeout",
                                  "5s",
                                  "--log-level",
                                  "debug",
                                  "--log-format",
                                  "text",
                                  "--name",
                                  "files",
                                  "--env",
                                  "A=x=${Y}",
                                  "-e",
                                  "B=",
                                  "--pass-env",
                                  "TOKEN",
                                  "--cwd",
                                  "/tmp",
                                  "--isolation",
                                  "session",
                                  "--max-calls",
                                  "1",
                                  "--call-timeout",
                                  "1h",
                                  "--start-timeout",
                                  "3m"})
                          .config;

  ASSERT_TRUE(config);
  auto const& gateway = config->gateway;
  EXPECT_EQ("0.0.0.0:9000", to_string(gateway.listen));
  EXPECT_EQ("0.0.0.0:9091", to_string(*gateway.admin_listen));
  EXPECT_EQ("0123456789abcdef", gateway.auth.tokens.at(0).token.reveal());
  EXPECT_EQ("alice.txt", gateway.auth.tokens.at(0).name);
  EXPECT_EQ("0123456789abcdef", gateway.admin_token.reveal());
  EXPECT_EQ(std::vector<std::string>{"mcp.example.com"}, gateway.allowed_hosts);
  EXPECT_EQ(std::vector<std::string>{"https://chat.example.com"}, gateway.allowed_origins);
  EXPECT_EQ("/team-a", gateway.base_path);
  EXPECT_EQ(5s, gateway.drain_timeout);
  EXPECT_EQ(config::LogLevel::Debug, gateway.log.level);
  EXPECT_EQ(config::LogFormat::Text, gateway.log.format);

  auto const& service = config->services.at(0);
  EXPECT_EQ("files", service.name);
  EXPECT_EQ("x=${Y}", service.env.at("A").reveal());
  EXPECT_EQ("", service.env.at("B").reveal());
  EXPECT_EQ(std::vector<std::string>{"TOKEN"}, service.pass_env);
  EXPECT_EQ("/tmp", service.cwd);
  EXPECT_EQ(config::Isolation::Session, service.isolation);
  EXPECT_EQ(1U, service.max_calls);
  EXPECT_EQ(1h, service.call_timeout);
  EXPECT_EQ(1h, service.call_timeout_max);
  EXPECT_EQ(3min, service.start_timeout);
}

TEST(OneServer, NamesTheFlagThatIsWrongAndWhatWasExpected) {
  EXPECT_EQ("run: --env: expected NAME=VALUE, found 'TOKEN'; --pass-env NAME hands the gateway's own through\n",
            error_of({"--env", "TOKEN"}));
  EXPECT_EQ("run: --env: the gateway sets this variable itself\n", error_of({"--env", "MCP_GATEWAY_CHILD=x"}));
  EXPECT_EQ("run: --env: A is given twice\n", error_of({"--env", "A=1", "-e", "A=2"}));
  EXPECT_EQ("run: --pass-env: expected only the name of a variable, found 'A=' with a value; use --env NAME=VALUE\n",
            error_of({"--pass-env", "A=secret"}));
  EXPECT_EQ("run: --name: 'health' is one of the gateway's own paths; give the service another name\n",
            error_of({"--name", "health"}));
  EXPECT_EQ("run: --max-calls: expected 1..100000, found '0'\n", error_of({"--max-calls", "0"}));
  EXPECT_EQ("run: --isolation: expected 'shared' or 'session', found 'affinity'; the others need a file\n",
            error_of({"--isolation", "affinity"}));
  EXPECT_EQ(
      "run: --call-timeout: expected a duration with its unit such as \"30s\" (ms, s, m, h) in 10ms..24h, found '5'\n",
      error_of({"--call-timeout", "5"}));
}

TEST(OneServer, NotesVariablesThatAreNotSetAndANameThatIsChanged) {
  auto const config =
      configured({"--name", "my tools", "--pass-env", "NO_SUCH_VARIABLE_HERE", "--pass-env", "PATH"}).config;

  ASSERT_TRUE(config);
  ASSERT_EQ(2U, config->warnings.size());
  EXPECT_EQ("--name", config->warnings[0].path);
  EXPECT_EQ("--pass-env", config->warnings[1].path);
  EXPECT_EQ("NO_SUCH_VARIABLE_HERE is not set; the server starts without it", config->warnings[1].what);
}

TEST(GatewayFlags, NoteATokenThatCanBeGuessed) {
  TokenFile const token("short");
  auto const config = configured({"--token-file", token.path()}).config;

  ASSERT_TRUE(config);
  ASSERT_EQ(1U, config->warnings.size());
  EXPECT_EQ("--token-file", config->warnings[0].path);
  EXPECT_EQ("a token of less than 16 characters can be guessed", config->warnings[0].what);
}

TEST(GatewayFlags, SayTheRangeOfAPort) {
  for (auto const* const port : {"65536", "-1", "x", "80x"}) {
    EXPECT_EQ(std::string("run: --port: expected a number in 0..65535, found '") + port + "'\n",
              error_of({std::string("--port=") + port}));
  }
  EXPECT_EQ(65535, configured({"--port", "65535"}).config->gateway.listen.port);
}

TEST(GatewayFlags, TakeAHostInEachWayPeopleWriteIt) {
  auto const host = [](std::string const& text) {
    return to_string(configured({"--host", text}).config->gateway.listen);
  };
  EXPECT_EQ("0.0.0.0:8080", host("0.0.0.0"));
  EXPECT_EQ("127.0.0.1:8080", host("localhost"));
  EXPECT_EQ("[::1]:8080", host("::1"));
  EXPECT_EQ("[::1]:8080", host("[::1]"));
  EXPECT_NE(std::string::npos, error_of({"--host", "my-machine"}).find("expected an address in numbers"));
  EXPECT_NE(std::string::npos, error_of({"--host", "0.0.0.0:80"}).find("without a port"));
}

TEST(GatewayFlags, NameTheOtherFlagWhereTwoListenersMeet) {
  EXPECT_EQ("run: --admin: expected an address of its own, found 127.0.0.1:8080, which --port needs\n",
            error_of({"--admin", "8080"}));
}

TEST(GatewayFlags, WantATokenInATokenFile) {
  TokenFile const empty("\n");
  TokenFile const two("one two\n");

  EXPECT_EQ("run: --token-file: expected a token in the file " + empty.path() + ", which is empty\n",
            error_of({"--token-file", empty.path()}));
  EXPECT_NE(std::string::npos, error_of({"--token-file", two.path()}).find("expected one token of letters"));
  EXPECT_EQ(std::string::npos, error_of({"--token-file", two.path()}).find("one two"));
  EXPECT_NE(std::string::npos, error_of({"--token-file", "/no/such"}).find("No such file"));
}

TEST(GatewayFlags, TellSeveralHoldersApart) {
  TokenFile const a("aaaa");
  TokenFile const b("bbbb");
  auto const config = configured({"--token-file", a.path(), "--token-file", b.path()}).config;

  ASSERT_TRUE(config);
  EXPECT_EQ("alice.txt", config->gateway.auth.tokens.at(0).name);
  EXPECT_EQ("alice.txt-2", config->gateway.auth.tokens.at(1).name);
}

TEST(GatewayFlags, WantAnAdminListenerForItsToken) {
  TokenFile const token("0123456789abcdef");

  EXPECT_NE(std::string::npos, error_of({"--admin-token-file", token.path()}).find("such as --admin 9090"));
}

TEST(GatewayFlags, HoldOverAFileAndAddToItsLists) {
  auto const arguments = arguments_of({"--port", "9000", "--allowed-host", "b.example.com", "--log-level", "warn"});
  std::ostringstream errors;
  config::Config config;
  config.gateway.listen = {.host = "10.0.0.7", .port = 80};
  config.gateway.allowed_hosts = {"a.example.com"};
  config.gateway.log.format = config::LogFormat::Text;

  EXPECT_TRUE(apply_gateway_flags(arguments, config, errors)) << errors.str();

  EXPECT_EQ("10.0.0.7:9000", to_string(config.gateway.listen));
  EXPECT_EQ((std::vector<std::string>{"a.example.com", "b.example.com"}), config.gateway.allowed_hosts);
  EXPECT_EQ(config::LogLevel::Warn, config.gateway.log.level);
  EXPECT_EQ(config::LogFormat::Text, config.gateway.log.format);
}

}  // namespace
}  // namespace gateway::cli
