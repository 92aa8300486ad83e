#include "gateway/cli/arguments.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <sstream>

namespace gateway::cli {
namespace {

using ::testing::HasSubstr;

/// A machine with node and npx, and a file named conf.
WordKinds machine() {
  return {.is_program = [](std::string const& word) { return word == "node" || word == "npx"; },
          .is_file = [](std::string const& word) { return word == "conf"; }};
}

std::vector<std::string> words_of(std::string const& line) {
  std::istringstream in(line);
  return {std::istream_iterator<std::string>(in), {}};
}

Arguments read(std::string const& line) {
  auto const read = read_arguments(words_of(line), machine());
  if (auto const* const arguments = std::get_if<Arguments>(&read)) return *arguments;
  ADD_FAILURE() << std::get<Farewell>(read).text;
  return {};
}

/// What is said instead of doing something, behind the exit code.
std::string said(std::string const& line) {
  auto const read = read_arguments(words_of(line), machine());
  if (auto const* const farewell = std::get_if<Farewell>(&read)) {
    return std::to_string(farewell->code) + ": " + farewell->text;
  }
  return "nothing";
}

TEST(Arguments, ReadAFileWithAndWithoutItsOption) {
  for (auto const* const line : {"run gateway.json", "run --config gateway.json", "run -c gateway.json"}) {
    EXPECT_EQ("gateway.json", read(line).file) << line;
  }
  EXPECT_EQ("conf", read("run conf").file);
  EXPECT_EQ("no-such-thing", read("run no-such-thing").file);
  EXPECT_EQ("-", read("check -").file);
  EXPECT_TRUE(read("check gateway.json --connect").connect);
}

TEST(Arguments, TakeAProfileForACommandWithAConfiguration) {
  EXPECT_EQ("staging", read("run gateway.json --profile staging").profile);
  EXPECT_EQ("staging", read("check --profile=staging").profile);
  EXPECT_THAT(said("run --profile staging -- node"), HasSubstr("2: run: --profile belongs to a configuration file"));
}

TEST(Arguments, TakeAProfileFromTheEnvironment) {
  ::setenv("MCP_ENV", "production", 1);
  auto const with_file = read("run gateway.json");
  auto const said_otherwise = read("run gateway.json --profile=staging");
  auto const without = read_arguments({"run", "gateway.json", "--profile", ""}, machine());
  auto const command = read("run -- node");
  ::unsetenv("MCP_ENV");

  EXPECT_EQ("production", with_file.profile);
  EXPECT_EQ("staging", said_otherwise.profile);
  ASSERT_TRUE(std::holds_alternative<Arguments>(without));
  EXPECT_EQ("", std::get<Arguments>(without).profile);
  EXPECT_EQ("", command.profile);
}

TEST(Arguments, TakeTheCommandsAboutDeployments) {
  using std::chrono::seconds;
  auto const deploy = read("deploy --profile=production-primary --validate-first");
  EXPECT_EQ("production-primary", deploy.profile);
  EXPECT_TRUE(deploy.deployment.validate_first);
  EXPECT_EQ(seconds{30}, read("health-check --profile=staging --timeout=30s").deployment.timeout);
  EXPECT_EQ(seconds{600}, read("monitor --profile=p --duration=10m --auto-rollback").deployment.duration);
  EXPECT_EQ("previous", read("rollback --profile=p --version=previous").deployment.version);
  EXPECT_EQ((std::vector<std::string>{"primary:90", "secondary:10"}),
            read("set-traffic-split primary:90 secondary:10").deployment.shares);
  EXPECT_TRUE(read("health-check --database").deployment.database);
}

TEST(Arguments, SayWhatACommandAboutDeploymentsLacks) {
  EXPECT_THAT(said("deploy"), HasSubstr("2: deploy: expected --profile NAME, or MCP_ENV"));
  EXPECT_THAT(said("stop --profile ../x"), HasSubstr("2: stop: expected the name of a profile, found '../x'"));
  EXPECT_THAT(said("export-state --profile p"), HasSubstr("expected --output FILE"));
  EXPECT_THAT(said("monitor --profile p --duration soon"), HasSubstr("expected a time such as 30s or 10m"));
  EXPECT_THAT(said("set-traffic-split"), HasSubstr("expected shares such as primary:90 secondary:10"));
  EXPECT_THAT(said("set-traffic-split --restore a:100"), HasSubstr("expected only one of them"));
  EXPECT_THAT(said("help deploy"), HasSubstr("mcp-gateway deploy [OPTIONS] --profile NAME"));
}

TEST(Arguments, KeepOptionsBehindAFile) {
  auto const arguments = read("run gateway.json --port 9000 --service a -s b");

  EXPECT_EQ("9000", value_of(arguments.flags, "--port"));
  EXPECT_EQ((std::vector<std::string>{"a", "b"}), arguments.services);
}

TEST(Arguments, LeaveWhatStandsBehindTheDashesAlone) {
  auto const arguments = read("run --env A=-x --env B= -e C=d=e -- node --env X -- y --help");

  EXPECT_EQ((std::vector<std::string>{"node", "--env", "X", "--", "y", "--help"}), arguments.server);
  EXPECT_EQ((std::vector<std::string>{"A=-x", "B=", "C=d=e"}), arguments.flags.at("--env"));
}

TEST(Arguments, GiveHelpInEachWayToAskForIt) {
  for (auto const* const line : {"help", "--help", "-h"}) EXPECT_THAT(said(line), HasSubstr("0: Serves stdio")) << line;
  EXPECT_THAT(said(""), HasSubstr("2: Serves stdio"));
  for (auto const* const line : {"help run", "run --help", "run -h", "run --help node x.js", "run a.json --help"}) {
    EXPECT_THAT(said(line), HasSubstr("mcp-gateway run [OPTIONS] -- COMMAND")) << line;
  }
  EXPECT_THAT(said("help fly"), HasSubstr("2: help: unknown command 'fly'; there are run, check,"));
  EXPECT_EQ("version", read("--version").command);
  EXPECT_EQ("version", read("-V").command);
}

TEST(Arguments, SuggestACommandThatIsMistyped) {
  EXPECT_THAT(said("chekc"),
              HasSubstr("2: unknown command 'chekc'; did you mean 'mcp-gateway check'?\ncommands: run, "));
  EXPECT_THAT(said("stauts --help"), HasSubstr("did you mean 'mcp-gateway status'?"));
  EXPECT_THAT(said("serve"), HasSubstr("did you mean 'mcp-gateway run'?"));
  EXPECT_THAT(said("restart"), HasSubstr("unknown command 'restart'; the status page restarts a service"));
  EXPECT_THAT(said("lint x.json"), HasSubstr("did you mean 'mcp-gateway check'?"));
  EXPECT_THAT(said("fly"), HasSubstr("2: unknown command 'fly'\ncommands: run, "));
}

TEST(Arguments, TellWhoForgotRun) {
  EXPECT_THAT(said("gateway.json"), HasSubstr("did you mean 'mcp-gateway run gateway.json'?"));
  EXPECT_THAT(said("--config x.json"),
              HasSubstr("expected a command first, found '--config'; did you mean 'mcp-gateway run --config x.json'?"));
  EXPECT_THAT(said("npx -y pkg"), HasSubstr("to serve it: mcp-gateway run -- npx -y pkg"));
  EXPECT_THAT(said("-- node x.js"), HasSubstr("did you mean 'mcp-gateway run -- node x.js'?"));
}

TEST(Arguments, TellWhoForgotTheDashes) {
  EXPECT_EQ("2: run: a server's command stands behind --: mcp-gateway run -- node x.js\n", said("run node x.js"));
  EXPECT_EQ("2: run: a server's command stands behind --: mcp-gateway run -p 80 --name node -- node x.js -y\n",
            said("run -p 80 --name node node x.js -y"));
  EXPECT_EQ("2: run: a server's command stands behind --: mcp-gateway run -- npx -y pkg\n", said("run npx -y pkg"));
  EXPECT_EQ("2: run: a server's command stands behind --: mcp-gateway run -- python3 x.py\n", said("run x.py"));
  EXPECT_EQ("2: run: a server's command stands behind --: mcp-gateway run -- unknown-server stdio\n",
            said("run unknown-server stdio"));
}

TEST(Arguments, TakeACommandInQuotesApart) {
  auto const read = read_arguments({"run", "npx -y pkg"}, machine());

  EXPECT_EQ("run: a server's command stands behind --: mcp-gateway run -- npx -y pkg\n", std::get<Farewell>(read).text);
}

TEST(Arguments, RefuseWhatContradictsItself) {
  EXPECT_THAT(said("run"), HasSubstr("2: run: expected a configuration file or a server's command"));
  EXPECT_THAT(said("run a.json -- node"),
              HasSubstr("expected either a file or a command behind --, found both, 'a.json' and 'node'"));
  EXPECT_THAT(said("run a.json --env A=b"), HasSubstr("--env is for a server behind --"));
  EXPECT_THAT(said("run a.json --name x"), HasSubstr("--name is for a server behind --"));
  EXPECT_THAT(said("run --service a -- node"), HasSubstr("--service chooses from a file"));
  EXPECT_THAT(said("run --port 1 --port 2 -- node"), HasSubstr("--port is given twice, as '1' and '2'"));
  EXPECT_THAT(said("run --allow-unauthenticated --token-file t -- node"), HasSubstr("contradict each other"));
  EXPECT_THAT(said("run a.json b.json"), HasSubstr("found 'b.json', and expected nothing more"));
  EXPECT_THAT(said("status -- node"), HasSubstr("found a command behind --, 'node', which only run takes"));
  EXPECT_THAT(said("check"), HasSubstr("expected a configuration file: mcp-gateway check FILE"));
}

TEST(Arguments, SayOfALineWithoutACommandHowItGoesOn) {
  EXPECT_THAT(said("--port 9 -- node x.js"),
              HasSubstr("found '--port'; did you mean 'mcp-gateway run --port 9 -- node x.js'?"));
  EXPECT_THAT(said("--port=9 a.json"), HasSubstr("did you mean 'mcp-gateway run --port=9 a.json'?"));
  EXPECT_THAT(said("--stdio x"), HasSubstr("found '--stdio'; the server's command stands behind --"));
  EXPECT_THAT(said("--foo"), HasSubstr("2: expected a command first, found '--foo'\ncommands: "));
}

TEST(Arguments, RefuseAWholeCommandInOneTextBehindTheDashes) {
  auto const read = read_arguments({"run", "--", "npx -y pkg"}, machine());

  EXPECT_THAT(std::get<Farewell>(read).text,
              HasSubstr("found them in one string; without the quotes: mcp-gateway run -- npx -y pkg"));
}

TEST(Arguments, RefuseAnEmptyTextWhereAVariableOfTheShellIsNotSet) {
  for (std::string const flag : {"--port", "--host", "--token-file", "--admin-token-file", "--name"}) {
    auto const read = read_arguments({"run", flag, "", "--", "node"}, machine());
    EXPECT_THAT(std::get<Farewell>(read).text, HasSubstr("run: " + flag + ": expected ")) << flag;
    EXPECT_THAT(std::get<Farewell>(read).text, HasSubstr("found an empty string; is a shell variable unset?")) << flag;
  }
  EXPECT_TRUE(std::holds_alternative<Arguments>(read_arguments({"run", "--base-path", "", "a.json"}, machine())));
}

TEST(Arguments, SuggestOptionsAlsoForThoseOfOtherPrograms) {
  EXPECT_THAT(said("check --conect a.json"), HasSubstr("check: unknown option '--conect'; did you mean '--connect'?"));
  EXPECT_THAT(said("run --logLevel debug -- node"), HasSubstr("did you mean '--log-level'?"));
  EXPECT_THAT(said("run --stdio x"), HasSubstr("the server's command stands behind --"));
  EXPECT_THAT(said("run --outputTransport=sse -- node"), HasSubstr("unknown option '--outputTransport'; leave it out"));
  EXPECT_THAT(said("top --frequency 3"), HasSubstr("mcp-gateway top --help lists those there are"));
}

TEST(Arguments, SayWhatAnOptionTakes) {
  EXPECT_EQ("2: run: --port needs a value; mcp-gateway help run tells which\n", said("run --port"));
  EXPECT_EQ("2: run: --config is given more than once (FILE is the same)\n", said("run a.json --config b.json"));
  EXPECT_EQ("2: health: --url is given more than once (ADDRESS is the same)\n", said("health 9090 --url 9091"));
  EXPECT_EQ("2: top: --interval is given more than once\n", said("top --interval 2 --interval 3"));
  EXPECT_THAT(said("top --interval 61"), HasSubstr("--interval: expected 1..60 seconds, found '61'"));
  EXPECT_EQ(7, read("top --interval 7").interval);
  EXPECT_THAT(said("health ftp://x"), HasSubstr("2: health: expected the address of a gateway, such as 9090"));
  EXPECT_EQ("9090", read("status 9090").address.text);
  EXPECT_EQ("9090", read("top --url 9090").address.text);
}

}  // namespace
}  // namespace gateway::cli
