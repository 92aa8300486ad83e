// The URL under which clients reach a gateway, as settings of ours.
#pragma once

#include <string>

#include "gateway/imports/imported.h"

namespace gateway::imports {

/// `https://mcp.example.com/team` as public_url, base_path and allowed_hosts in `gateway`. `path` is where it stood.
void set_public_url(std::string const& path, Json const& url, Json& gateway, Remarks& remarks);

}  // namespace gateway::imports
