// From the messages of a POST to the service they are for.
#pragma once

#include <span>

#include "gateway/frontend/session_desk.h"
#include "gateway/frontend/visit.h"
#include "gateway/mcp/client_message.h"

namespace gateway::frontend {

struct Post;

/// Hands messages that were read to the session's service, in their order. The one place
/// between reading a request and routing it, whatever transport it came by. One that
/// its client may not make is delivered as such, so that it is recorded as any other.
/// `post` is owed the answers; null if they go elsewhere.
void deliver(Desk& desk, Visit const& visit, mcp::Session& session, std::span<mcp::ClientMessage const> messages,
             Post* post);

/// The same for one message, to the service itself. `post` is null where its answer is one of several, too.
void deliver_one(Desk& desk, Visit const& visit, mcp::Session& session, mcp::ClientMessage const& message,
                 mcp::ReplyTo to, Post* post, mcp::MemberDoor::Sees sees = mcp::MemberDoor::Sees::WhatIsAllowed);

}  // namespace gateway::frontend
