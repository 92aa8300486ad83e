"""The tools, by name, in the order in which they are listed.

A tool is a function that takes a Call and returns text, a content block or a list of them. ToolFailed makes the result
an error.
"""

import anyio
import mcp_types as types

import changes
import schemas
from call import form, roots, sample
from samples import audio, embedded, image, text

TOOLS = {}
ANYTHING = {"type": "object"}
PAUSE = 0.05  # seconds between notifications, as the suite asks for


class ToolFailed(Exception):
    """Its text is the result of the tool, marked as an error."""


def tool(description, schema=ANYTHING):
    def add(function):
        entry = types.Tool(name=function.__name__, description=description, input_schema=schema)
        TOOLS[function.__name__] = (entry, function)
        return function
    return add


def takes(**properties):
    return {"type": "object", "properties": properties, "required": list(properties)}


def listed():
    """The tools as they are now: one of them comes and goes."""
    extra = [types.Tool(name="test_extra_tool", description="Comes and goes.", input_schema=ANYTHING)]
    return [entry for entry, _ in TOOLS.values()] + (extra if changes.extra_tool.exists else [])


# --- Content -------------------------------------------------------------------------------------


@tool("Returns a text.")
async def test_simple_text(_):
    return "This is a simple text response for testing."


@tool("Returns a picture.")
async def test_image_content(_):
    return image()


@tool("Returns a sound.")
async def test_audio_content(_):
    return audio()


@tool("Returns a resource with its content.")
async def test_embedded_resource(_):
    return embedded("test://embedded-resource", "This is an embedded resource content.")


@tool("Returns a text, a picture and a resource.")
async def test_multiple_content_types(_):
    resource = embedded("test://mixed-content-resource", '{"test":"data","value":123}', "application/json")
    return [text("Multiple content types test:"), image(), resource]


@tool("Fails.")
async def test_error_handling(_):
    raise ToolFailed("This tool intentionally returns an error for testing")


# --- Notifications -------------------------------------------------------------------------------


@tool("Logs three messages.")
async def test_tool_with_logging(call):
    await call.log("Tool execution started")
    await anyio.sleep(PAUSE)
    await call.log("Tool processing data")
    await anyio.sleep(PAUSE)
    await call.log("Tool execution completed")
    return "Logged three messages."


@tool("Logs one message.")
async def test_logging_tool(call):
    await call.log("A message that only a client that asked for it may get")
    return "Logged a message, for clients that asked for it."


@tool("Reports progress three times.")
async def test_tool_with_progress(call):
    await call.progress(0, 100)
    await anyio.sleep(PAUSE)
    await call.progress(50, 100)
    await anyio.sleep(PAUSE)
    await call.progress(100, 100)
    return "Reported progress."


@tool("Adds a tool to the list, or removes it.")
async def test_trigger_tool_change(call):
    await changes.extra_tool.toggle(call)
    return "The list of tools has changed."


@tool("Adds a prompt to the list, or removes it.")
async def test_trigger_prompt_change(call):
    await changes.extra_prompt.toggle(call)
    return "The list of prompts has changed."


# --- Questions to the client ---------------------------------------------------------------------

NAME = form("What is your name?", {"name": {"type": "string"}})
CONFIRMATION = form("Please confirm", {"ok": {"type": "boolean"}})


@tool("Asks the client's model.", takes(prompt={"type": "string"}))
async def test_sampling(call):
    answers = await call.ask(question=sample(call.arguments["prompt"]))
    return f"LLM response: {answers['question'].content.text}"


@tool("Asks the user.", takes(message={"type": "string"}))
async def test_elicitation(call):
    fields = {"username": {"type": "string", "description": "User's response"},
              "email": {"type": "string", "description": "User's email address"}}
    answers = await call.ask(question=form(call.arguments["message"], fields))
    return f"User response: {described(answers['question'])}"


@tool("Asks the user with a form that has defaults.")
async def test_elicitation_sep1034_defaults(call):
    answers = await call.ask(question=form("Change what is wrong", schemas.FIELDS_WITH_DEFAULTS, required=[]))
    return f"Elicitation completed: {described(answers['question'])}"


@tool("Asks the user with a form that has every kind of choice.")
async def test_elicitation_sep1330_enums(call):
    answers = await call.ask(question=form("Choose", schemas.CHOICES, required=[]))
    return f"Elicitation completed: {described(answers['question'])}"


def described(answer):
    return f"action={answer.action}, content={answer.content}"


@tool("Asks the user, which must not become a request on the response stream in 2026-07-28.")
async def test_streaming_elicitation(call):
    answers = await call.ask(question=CONFIRMATION)
    return described(answers["question"])


@tool("Needs a client that can sample.")
async def test_missing_capability(call):
    answers = await call.ask(question=sample("Say hello"))
    return answers["question"].content.text


@tool("Asks the user's name.")
async def test_input_required_result_elicitation(call):
    answers = await call.ask(user_name=NAME)
    return greeting(answers["user_name"])


def greeting(answer):
    return f"Hello, {answer.content['name']}!" if answer.action == "accept" else "Hello, whoever you are!"


@tool("Asks the client's model a question.")
async def test_input_required_result_sampling(call):
    answers = await call.ask(capital_question=sample("What is the capital of France?"))
    return answers["capital_question"].content.text


@tool("Asks for the client's roots.")
async def test_input_required_result_list_roots(call):
    answers = await call.ask(client_roots=roots())
    return "Roots: " + ", ".join(str(root.uri) for root in answers["client_roots"].roots)


@tool("Asks for confirmation, and for the state of the first attempt.")
async def test_input_required_result_request_state(call):
    await call.ask(only_with_state=True, confirm=CONFIRMATION)
    return "state-ok"


@tool("Asks for confirmation; a changed state is an error.")
async def test_input_required_result_tampered_state(call):
    await call.ask(only_with_state=True, confirm=CONFIRMATION)
    return "state-ok"


@tool("Asks three questions at once.")
async def test_input_required_result_multiple_inputs(call):
    answers = await call.ask(user_name=NAME, greeting=sample("Generate a greeting", 50), client_roots=roots())
    return f"{answers['greeting'].content.text} {greeting(answers['user_name'])}"


@tool("Asks two questions, one after the other.")
async def test_input_required_result_multi_round(call):
    first = await call.ask(step1=form("Step 1: What is your name?", {"name": {"type": "string"}}))
    second = await call.ask(step2=form("Step 2: What is your favorite color?", {"color": {"type": "string"}}))
    return f"{described(first['step1'])}; {described(second['step2'])}"


@tool("Asks only what the client can answer.")
async def test_input_required_result_capabilities(call):
    questions = {"user_name": NAME, "greeting": sample("Generate a greeting", 50), "client_roots": roots()}
    answers = await call.ask(**{name: question for name, question in questions.items() if call.can_answer(question)})
    return f"Answered: {', '.join(answers) or 'nothing'}"


# --- Schemas -------------------------------------------------------------------------------------


@tool("Has an argument that is also sent as a header.",
      takes(region={"type": "string", "description": "Any text", "x-mcp-header": "Region"}))
async def test_x_mcp_header(call):
    return f"Region: {call.arguments['region']}"


@tool("Tool with JSON Schema 2020-12 features", schemas.JSON_SCHEMA_2020_12)
async def json_schema_2020_12_tool(call):
    return f"Arguments: {call.arguments}"
