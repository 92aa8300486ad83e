#include "gateway/ops/config_schema.h"

#include "gateway/ops/config_fields.h"

namespace gateway::ops {
namespace {

/// A service as the file may hold it: our fields, and the keys of other programs.
Json service_schema() {
  auto schema = fields_schema<ServiceConfig>();
  auto& properties = schema["properties"];
  for (auto const& adopted : kAdoptedKeys)
    properties[std::string{adopted.key}] = {{"type", adopted.type}, {"description", adopted.sentence}};
  for (auto const& foreign : kForeignKeys)
    properties[std::string{foreign.key}] = {{"description", foreign.sentence}, {"deprecated", true}};
  return schema;
}

Json services_schema(std::string_view sentence) {
  return {
      {"type", "object"}, {"description", sentence}, {"additionalProperties", {{"$ref", "#/$defs/service"}}}};
}

}  // namespace

std::string config_schema() {
  auto gateway = fields_schema<GatewayConfig>();
  gateway["description"] = "The gateway itself.";
  Json properties;
  properties["mcpServers"] = services_schema(
      "The services by name, in the shape of Claude Desktop. The name is part of their URLs.");
  properties["servers"] = services_schema("The same as mcpServers, under VS Code's name.");
  properties["include"] = {
      {"type", "array"},
      {"items", {{"type", "string"}}},
      {"description", "Files whose mcpServers are taken in, from this file's folder. What stands here under the "
                      "name of one of them is laid over it."}};
  properties["gateway"] = std::move(gateway);

  Json schema;
  schema["$schema"] = "https://json-schema.org/draft/2020-12/schema";
  schema["title"] = "mcp-gateway configuration";
  schema["type"] = "object";
  schema["properties"] = std::move(properties);
  schema["$defs"]["service"] = service_schema();
  return schema.dump(2) + "\n";
}

}  // namespace gateway::ops
