#include "gateway/http/method_name.h"

namespace gateway::http {

std::string_view name_of(Method method) {
  switch (method) {
    case Method::Get: return "GET";
    case Method::Post: return "POST";
    case Method::Delete: return "DELETE";
    case Method::Options: return "OPTIONS";
    case Method::Head: return "HEAD";
    case Method::Put: return "PUT";
    case Method::Patch: return "PATCH";
    case Method::Other: return "_OTHER";
  }
  return "_OTHER";
}

}  // namespace gateway::http
