"""A request of the client to a tool or a prompt, as their functions see it.

Their functions ask the client questions without knowing its protocol revision. Up to 2025-11-25 a question is a
request to the client while the call is open. From 2026-07-28 the call ends with `input_required` and the client repeats
it with the answers; the function then starts again from the top, and questions already answered return immediately.
"""

import json

import anyio
import mcp_types as types
from mcp.shared.exceptions import MCPError
from mcp.shared.message import ServerMessageMetadata
from mcp_types.version import MODERN_PROTOCOL_VERSIONS

ANSWER_TYPES = {
    "elicitation/create": types.ElicitResult,
    "sampling/createMessage": types.CreateMessageResult,
    "roots/list": types.ListRootsResult,
}
CAPABILITY_NAMES = {"elicitation/create": "elicitation", "sampling/createMessage": "sampling", "roots/list": "roots"}


class InputRequired(Exception):
    """Ends a call in 2026-07-28 with questions for the client."""

    def __init__(self, questions, state):
        super().__init__("input required")
        self.result = types.InputRequiredResult(input_requests=questions, request_state=state)


class Call:
    """One tools/call or prompts/get: its arguments, and the ways to reach the client meanwhile."""

    def __init__(self, context, params):
        self._context = context
        self._params = params
        self._remembered = json.loads(params.request_state) if params.request_state else None
        self.session = context.session
        self.arguments = params.arguments or {}
        self.is_modern = context.protocol_version in MODERN_PROTOCOL_VERSIONS

    async def log(self, text):
        await self.session.send_log_message("info", text, "everything", related_request_id=self._context.request_id)

    async def progress(self, done, total):
        await self.session.report_progress(done, total)

    def can_answer(self, question):
        """Whether the client has declared the capability that this question needs."""
        capabilities = self.session.client_capabilities
        return getattr(capabilities, CAPABILITY_NAMES[question.method], None) is not None

    async def ask(self, *, only_with_state=False, **questions):
        """The client's answers to these questions, by name.

        With `only_with_state`, answers of a client that does not return the state of its first attempt do not count.
        """
        for question in questions.values():
            if not self.can_answer(question):
                raise _missing_capability(question)
        if self.is_modern:
            return self._answers_of_retry(questions, only_with_state)
        return await self._ask_now(questions)

    def _answers_of_retry(self, questions, only_with_state):
        answers = dict(self._remembered or {})
        if self._remembered is not None or not only_with_state:
            answers |= {name: answer.model_dump(by_alias=True, mode="json", exclude_none=True)
                        for name, answer in (self._params.input_responses or {}).items()}
        parsed = {name: _parse(question, answers.get(name)) for name, question in questions.items()}
        open_questions = {name: question for name, question in questions.items() if parsed[name] is None}
        if open_questions:
            raise InputRequired(open_questions, json.dumps(answers))
        return parsed

    async def _ask_now(self, questions):
        answers = {}
        origin = ServerMessageMetadata(related_request_id=self._context.request_id)

        async def ask_one(name, question):
            answer_type = ANSWER_TYPES[question.method]
            try:
                answers[name] = await self.session.send_request(question, answer_type, metadata=origin)
            except MCPError as error:
                answers[name] = error

        async with anyio.create_task_group() as group:
            for name, question in questions.items():
                group.start_soon(ask_one, name, question)
        for answer in answers.values():
            if isinstance(answer, MCPError):
                raise answer
        return answers


def _missing_capability(question):
    required = types.ClientCapabilities.model_validate({CAPABILITY_NAMES[question.method]: {}})
    data = types.MissingRequiredClientCapabilityErrorData(required_capabilities=required)
    return MCPError(types.MISSING_REQUIRED_CLIENT_CAPABILITY, f"{question.method} needs a capability the client lacks",
                    data.model_dump(by_alias=True, mode="json", exclude_none=True))


def _parse(question, answer):
    """An answer of the right type with all required fields, or None: it is asked for again."""
    try:
        parsed = ANSWER_TYPES[question.method].model_validate(answer)
    except ValueError:
        return None
    is_form = isinstance(question.params, types.ElicitRequestFormParams)
    if is_form and parsed.action == "accept":
        required = question.params.requested_schema.get("required", [])
        if any(field not in (parsed.content or {}) for field in required):
            return None
    return parsed


def form(message, properties, required=None):
    """A question for the user; every field is required unless `required` says otherwise."""
    required = list(properties) if required is None else required
    schema = {"type": "object", "properties": properties, "required": required}
    return types.ElicitRequest(params=types.ElicitRequestFormParams(message=message, requested_schema=schema))


def sample(prompt, max_tokens=100):
    """A question for the client's model."""
    messages = [types.SamplingMessage(role="user", content=types.TextContent(text=prompt))]
    return types.CreateMessageRequest(params=types.CreateMessageRequestParams(messages=messages, max_tokens=max_tokens))


def roots():
    """A question for the client's directories."""
    return types.ListRootsRequest(params=types.RequestParams())
