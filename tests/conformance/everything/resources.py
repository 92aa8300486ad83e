"""The resources, and the template of others."""

import re

import mcp_types as types
from mcp.shared.exceptions import MCPError
from mcp_types.version import MODERN_PROTOCOL_VERSIONS

from samples import blob, red_pixel

RESOURCE_NOT_FOUND = -32002  # until 2025-11-25

LISTED = [
    types.Resource(uri="test://static-text", name="static-text", mime_type="text/plain", description="A text"),
    types.Resource(uri="test://static-binary", name="static-binary", mime_type="image/png", description="A picture"),
    types.Resource(uri="test://watched-resource", name="watched-resource", mime_type="text/plain",
                   description="To subscribe to"),
]
TEMPLATES = [
    types.ResourceTemplate(uri_template="test://template/{id}/data", name="template", mime_type="application/json",
                           description="Data of anything"),
]


def read(uri, protocol_version):
    if uri == "test://static-text":
        return _text(uri, "This is the content of the static text resource.")
    if uri == "test://static-binary":
        return blob(uri, red_pixel(), "image/png")
    if uri == "test://watched-resource":
        return _text(uri, "Watched resource content")
    if found := re.fullmatch(r"test://template/([^/]+)/data", uri):
        data = f'{{"id":"{found[1]}","templateTest":true,"data":"Data for ID: {found[1]}"}}'
        return _text(uri, data, "application/json")
    code = types.INVALID_PARAMS if protocol_version in MODERN_PROTOCOL_VERSIONS else RESOURCE_NOT_FOUND
    raise MCPError(code, "Resource not found", {"uri": uri})


def _text(uri, value, mime_type="text/plain"):
    return types.TextResourceContents(uri=uri, text=value, mime_type=mime_type)
