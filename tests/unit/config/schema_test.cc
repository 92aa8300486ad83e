#include "gateway/config/schema.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "gateway/config/reader.h"

namespace gateway::config {
namespace {

using Json = nlohmann::ordered_json;

Json schema() { return Json::parse(config_schema()); }

/// The defaults of an object's schema, as a user would write them.
Json defaults_of(Json const& object) {
  Json defaults = Json::object();
  for (auto const& [key, field] : object["properties"].items()) {
    if (field.contains("default")) defaults[key] = field["default"];
    if (field.contains("properties")) defaults[key] = defaults_of(field);
  }
  return defaults;
}

/// Calls `visit` with the path and the schema of every field.
template <typename Visit>
void for_each_field(Json const& object, std::string const& path, Visit const& visit) {
  if (!object.contains("properties")) return;
  for (auto const& [key, field] : object["properties"].items()) {
    visit(path + "/" + key, field);
    for_each_field(field, path + "/" + key, visit);
  }
}

TEST(ConfigSchema, IsOfTheDraftItNames) {
  EXPECT_EQ("https://json-schema.org/draft/2020-12/schema", schema()["$schema"]);
}

TEST(ConfigSchema, HoldsDefaultsTheReaderTakes) {
  auto const all = schema();
  Json service = defaults_of(all["$defs"]["service"]);
  service["command"] = "prog";
  Json gateway = defaults_of(all["properties"]["gateway"]);
  for (auto const* const absent :
       {"probe", "circuit_breaker", "pinned_tools", "sandbox", "tls", "admin_tls"}) {  // there are none by default
    service.erase(absent);
    gateway.erase(absent);
  }
  Json const file{{"gateway", gateway}, {"mcpServers", {{"s", service}}}};

  auto const result = read_config(file.dump(), process_environment());

  ASSERT_TRUE(std::holds_alternative<Config>(result)) << std::get<ConfigErrors>(result).errors.at(0).what;
  EXPECT_EQ(GatewayConfig{}, std::get<Config>(result).gateway);
  EXPECT_EQ((ServiceConfig{.name = "s", .command = "prog"}), std::get<Config>(result).services.at(0));
}

TEST(ConfigSchema, DescribesEveryField) {
  for (auto const* const pointer : {"/properties/gateway", "/$defs/service"})
    for_each_field(schema()[Json::json_pointer{pointer}], pointer, [](std::string const& path, Json const& field) {
      EXPECT_FALSE(field.value("description", "").empty()) << path;
    });
}

TEST(ConfigSchema, SaysTheBoundsOfNumbersDurationsAndSizes) {
  auto const limits = schema()["properties"]["gateway"]["properties"]["limits"]["properties"];

  EXPECT_EQ(1, limits["max_sessions"]["minimum"]);
  EXPECT_EQ(1'000'000, limits["max_sessions"]["maximum"]);
  EXPECT_EQ("100ms..10m", limits["head_timeout"]["x-bound"]);
  EXPECT_EQ("1KiB..1GiB", limits["max_request_bytes"]["x-bound"]);
}

TEST(ConfigSchema, RefusesUnknownKeysWhereTheReaderDoes) {
  auto const all = schema();

  EXPECT_EQ(false, all["$defs"]["service"]["additionalProperties"]);
  EXPECT_EQ(false, all["properties"]["gateway"]["additionalProperties"]);
  EXPECT_FALSE(all.contains("additionalProperties"));
  EXPECT_EQ((Json{{"required", {"command"}}}), all["$defs"]["service"]["anyOf"][0]);
  EXPECT_EQ((Json{{"required", {"url"}}}), all["$defs"]["service"]["anyOf"][1]);
}

}  // namespace
}  // namespace gateway::config
