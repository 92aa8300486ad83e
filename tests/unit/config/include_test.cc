#include "gateway/config/include.h"

#include <gtest/gtest.h>

#include "gateway/config/needs.h"
#include "tests/fakes/config_text.h"

namespace gateway::config {
namespace {

using fakes::environment_with;

/// The main file at /etc/main.json, beside these files.
std::variant<Config, ConfigErrors> read(std::string_view main, std::map<std::string, std::string> files,
                                        std::map<std::string, std::string> variables = {}) {
  return read_config(main, environment_with(std::move(variables), std::move(files)), "/etc");
}

Config config_of(std::string_view main, std::map<std::string, std::string> files,
                 std::map<std::string, std::string> variables = {}) {
  auto result = read(main, std::move(files), std::move(variables));
  if (auto* const config = std::get_if<Config>(&result)) return std::move(*config);
  for (auto const& error : std::get<ConfigErrors>(result).errors) ADD_FAILURE() << error.path << ": " << error.what;
  return {.gateway = {}, .services = {{}, {}, {}}, .warnings = {}};
}

std::vector<std::string> errors_with(std::string_view main, std::map<std::string, std::string> files) {
  auto const result = read(main, std::move(files));
  std::vector<std::string> lines;
  if (auto const* const wrong = std::get_if<ConfigErrors>(&result))
    for (auto const& error : wrong->errors) lines.push_back(error.path + ": " + error.what);
  return lines;
}

TEST(ConfigInclude, TakesServicesInFromTheFoldersOfTheirFiles) {
  auto const config = config_of(
      R"({"include": ["../srv/a/service.json", "/opt/b.json"], "mcpServers": {"c": {"command": "${dir}/c"}}})",
      {{"/srv/a/service.json", R"({"mcpServers": {"a": {"command": "a", "args": ["${dir}/tools.yaml", "$${dir}"]}}})"},
       {"/opt/b.json", R"({"$schema": "x", "_note": "y", "servers": {"b": {"command": "${dir}/b"}}})"}});

  ASSERT_EQ(3U, config.services.size());
  EXPECT_EQ("a", config.services[0].name);
  EXPECT_EQ((std::vector<std::string>{"/srv/a/tools.yaml", "${dir}"}), config.services[0].args);
  EXPECT_EQ("/opt/b", config.services[1].command);
  EXPECT_EQ("/etc/c", config.services[2].command);
}

TEST(ConfigInclude, LaysTheIncludingFileOverAServiceFieldByField) {
  auto const config = config_of(
      R"({"include": ["a.json"], "mcpServers": {"a": {
            "listen": "127.0.0.1:8501", "args": ["${dir}/mine"], "cwd": null,
            "env": {"B": "2", "C": null}, "restart": {"max_restarts": 1}}}})",
      {{"/etc/a.json", R"({"mcpServers": {"a": {"command": "a", "args": ["x", "y"], "cwd": "/tmp",
            "env": {"A": "1", "C": "3"}, "restart": {"max_restarts": 9, "window": "2m"}}}})"}});

  ASSERT_EQ(1U, config.services.size());
  auto const& a = config.services[0];
  EXPECT_EQ("a", a.command);
  EXPECT_EQ("127.0.0.1:8501", to_string(*a.listen));
  EXPECT_EQ(std::vector<std::string>{"/etc/mine"}, a.args);
  EXPECT_EQ("", a.cwd);
  EXPECT_EQ("1", a.env.at("A").reveal());
  EXPECT_EQ("2", a.env.at("B").reveal());
  EXPECT_EQ(0U, a.env.count("C"));
  EXPECT_EQ(1U, a.restart.max_restarts);
  EXPECT_EQ(std::chrono::minutes(2), a.restart.window);
}

TEST(ConfigInclude, DoesNotMissAVariableThatWasLaidOver) {
  auto const config =
      config_of(R"({"include": ["a.json"], "mcpServers": {"a": {"env": {"KEY": "here"}}}})",
                {{"/etc/a.json", R"({"mcpServers": {"a": {"command": "a", "env": {"KEY": "${KEY}"}}}})"}});

  EXPECT_EQ("here", config.services[0].env.at("KEY").reveal());
}

TEST(ConfigInclude, ExpandsVariablesInTheNamesOfFiles) {
  auto const config =
      config_of(R"({"include": ["${WHERE}/a.json"]})",
                {{"/srv/a.json", R"({"mcpServers": {"a": {"command": "${dir}/a"}}})"}}, {{"WHERE", "/srv"}});

  EXPECT_EQ("/srv/a", config.services[0].command);
}

TEST(ConfigInclude, KeepsAFolderThatLooksLikeAVariable) {
  Json text = "${dir}/x";
  set_folder(text, "/srv/${HOME}");

  EXPECT_EQ("/srv/$${HOME}/x", text.get<std::string>());
}

TEST(ConfigInclude, NamesTheFileThatIsMissingOrBroken) {
  EXPECT_EQ(
      std::vector<std::string>{
          "include[0]: no.json cannot be included: the file /etc/no.json cannot be read: it is not there"},
      errors_with(R"({"include": ["no.json"], "mcpServers": {"s": {"command": "x"}}})", {}));

  auto const bad = [](std::string text) {
    return errors_with(R"({"include": ["bad.json"], "mcpServers": {"s": {"command": "x"}}})",
                       {{"/etc/bad.json", std::move(text)}});
  };
  EXPECT_EQ(std::vector<std::string>{"include[0]: in bad.json: line 1, column 2: not valid JSON: unexpected end of "
                                     "input; expected string literal"},
            bad("{"));
  EXPECT_EQ(std::vector<std::string>{"include[0]: bad.json may hold mcpServers only, found 'gateway'"},
            bad(R"({"gateway": {}})"));
  EXPECT_EQ(std::vector<std::string>{"include[0]: bad.json includes files itself, which an included file cannot"},
            bad(R"({"include": ["x"]})"));
  EXPECT_EQ(std::vector<std::string>{"bad.json: mcpServers.a.max_calls: expected 1..100000, found 0"},
            bad(R"({"mcpServers": {"a": {"command": "a", "max_calls": 0}}})"));
  EXPECT_EQ((std::vector<std::string>{"bad.json: mcpServers.a: expected the key 'command', which is missing",
                                      "mcpServers.A: expected another name than that of bad.json: mcpServers.a: both "
                                      "would be served under /A/"}),
            errors_with(R"({"include": ["bad.json"], "mcpServers": {"A": {"command": "x"}}})",
                        {{"/etc/bad.json", R"({"mcpServers": {"a": {}}})"}}));
}

TEST(ConfigInclude, RefusesAServiceThatTwoFilesHave) {
  std::string const one = R"({"mcpServers": {"a": {"command": "a"}}})";

  EXPECT_EQ(std::vector<std::string>{"include[1]: the service 'a' is in x.json and in y.json"},
            errors_with(R"({"include": ["x.json", "y.json"]})", {{"/etc/x.json", one}, {"/etc/y.json", one}}));
}

TEST(ConfigInclude, ReadsAListOfFilesOnly) {
  EXPECT_EQ("include: expected a list of texts, [\"a\", \"b\"], found a text",
            errors_with(R"({"include": "a.json", "mcpServers": {"s": {"command": "x"}}})", {}).at(0));
}

// ── needs ────────────────────────────────────────────────────────────────────

std::string with_needs(std::string_view needs, std::string_view more = "") {
  return fmt::format(R"({{"mcpServers": {{"s": {{"command": "x", "needs": [{}]{}}}}}}})", needs, more);
}

TEST(ConfigNeeds, SaysInWordsWhatIsNotThere) {
  auto const config =
      config_of(with_needs(R"({"variable": "TOKEN", "for": "a token"}, {"variable": "EMPTY"}, {"variable": "SET"},
                         {"program": "known"}, {"program": "other", "for": "its server"},
                         {"file": "/etc/there"}, {"file": "${dir}/gone"})"),
                {{"/etc/there", ""}}, {{"SET", "x"}, {"EMPTY", ""}});

  auto const& s = config.services[0];
  EXPECT_EQ((std::vector<std::string>{"the environment variable TOKEN (a token)", "the environment variable EMPTY",
                                      "the program other (its server)", "the file /etc/gone"}),
            s.unmet);
  EXPECT_EQ(
      "not started; it needs the environment variable TOKEN (a token) and the environment variable EMPTY and the "
      "program other (its server) and the file /etc/gone",
      why_unavailable(s));
}

TEST(ConfigNeeds, TellsAVariableThatIsNeededAndUsedOnce) {
  auto const text =
      with_needs(R"({"variable": "TOKEN", "for": "a token"})", R"(, "env": {"T": "${TOKEN}", "U": "${TOKEN}"})");

  auto const without = config_of(text, {});
  EXPECT_EQ("not started; it needs the environment variable TOKEN (a token)", why_unavailable(without.services[0]));
  EXPECT_TRUE(without.warnings.empty());

  auto const with = config_of(text, {}, {{"TOKEN", "t"}});
  EXPECT_TRUE(with.services[0].available());
  EXPECT_EQ("", why_unavailable(with.services[0]));
}

TEST(ConfigNeeds, StillMissesAVariableOfAServiceThatHasWhatItNeeds) {
  auto const config = config_of(with_needs(R"({"program": "known"})", R"(, "env": {"T": "${TOKEN}"})"), {});

  EXPECT_EQ("not started; env.T: the environment variable TOKEN is not set; ${TOKEN:-default} would give a default",
            why_unavailable(config.services[0]));
}

TEST(ConfigNeeds, WantsExactlyOneThingOfEachNeed) {
  std::string const error = "mcpServers.s.needs[0]: expected exactly one of variable, program and file";

  EXPECT_EQ(error, errors_with(with_needs(R"({"for": "nothing"})"), {}).at(0));
  EXPECT_EQ(error, errors_with(with_needs(R"({"variable": "A", "file": "/b"})"), {}).at(0));
}

}  // namespace
}  // namespace gateway::config
