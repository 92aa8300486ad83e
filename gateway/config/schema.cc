#include "gateway/config/schema.h"

#include "gateway/config/fields.h"
#include "gateway/config/groups.h"

namespace gateway::config {
namespace {

/// A service as the file may hold it: our fields, and the keys of other programs.
Json service_schema() {
  auto schema = fields_schema<ServiceConfig>();
  schema.erase("required");
  schema["anyOf"] = {{{"required", {"command"}}},
                     {{"required", {"url"}}},
                     {{"required", {"cmd"}}},
                     {{"required", {"serverUrl"}}},
                     {{"required", {"httpUrl"}}}};
  auto& properties = schema["properties"];
  for (auto const& adopted : kAdoptedKeys)
    properties[std::string{adopted.key}] = {
        {"type", adopted.type}, {"description", adopted.sentence}, {"x-synonym", true}};
  for (auto const& foreign : kForeignKeys)
    properties[std::string{foreign.key}] = {{"description", foreign.sentence}, {"deprecated", true}};
  return schema;
}

Json services_schema(std::string_view sentence) {
  return {{"type", "object"}, {"description", sentence}, {"additionalProperties", {{"$ref", "#/$defs/service"}}}};
}

}  // namespace

std::string config_schema() {
  auto gateway = fields_schema<GatewayConfig>();
  gateway["description"] = "Settings of the gateway itself: listeners, limits, authentication.";
  Json properties;
  properties["mcpServers"] =
      services_schema("Services by name, in the format of Claude Desktop. The name is part of their URLs.");
  properties["servers"] = services_schema("Synonym of mcpServers, as VS Code calls it.");
  properties["include"] = {
      {"type", "array"},
      {"items", {{"type", "string"}}},
      {"description",
       "Files whose mcpServers are included, relative to this file. Settings of a service of the same "
       "name in this file override the included ones."}};
  properties["groups"] = groups_schema();
  properties["gateway"] = std::move(gateway);

  Json schema;
  schema["$schema"] = "https://json-schema.org/draft/2020-12/schema";
  schema["title"] = "mcp-gateway configuration";
  schema["type"] = "object";
  schema["properties"] = std::move(properties);
  schema["$defs"]["service"] = service_schema();
  schema["$defs"]["group"] = group_schema();
  return schema.dump(2) + "\n";
}

}  // namespace gateway::config
