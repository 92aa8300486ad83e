"""The prompts, by name, in the order in which they are listed.

A prompt is a function that takes a Call and returns the content of its messages.
"""

import mcp_types as types

import changes
from call import form
from samples import embedded, image, text

PROMPTS = {}


def prompt(description, *arguments):
    def add(function):
        listed_arguments = [types.PromptArgument(name=name, description=f"The argument {name}", required=True)
                            for name in arguments]
        entry = types.Prompt(name=function.__name__, description=description, arguments=listed_arguments)
        PROMPTS[function.__name__] = (entry, function)
        return function
    return add


def listed():
    """The prompts as they are now: one of them comes and goes."""
    extra = [types.Prompt(name="test_extra_prompt", description="Comes and goes.")]
    return [entry for entry, _ in PROMPTS.values()] + (extra if changes.extra_prompt.exists else [])


def completions(value):
    """What an argument may become that begins like this."""
    return [word for word in ("paris", "park", "party", "test", "tester") if word.startswith(value)]


@prompt("One message.")
async def test_simple_prompt(_):
    return [text("This is a simple prompt for testing.")]


@prompt("One message made of two arguments.", "arg1", "arg2")
async def test_prompt_with_arguments(call):
    return [text(f"Prompt with arguments: arg1='{call.arguments['arg1']}', arg2='{call.arguments['arg2']}'")]


@prompt("A resource and what to do with it.", "resourceUri")
async def test_prompt_with_embedded_resource(call):
    resource = embedded(call.arguments["resourceUri"], "Embedded resource content for testing.")
    return [resource, text("Please process the embedded resource above.")]


@prompt("A picture and what to do with it.")
async def test_prompt_with_image(_):
    return [image(), text("Please analyze the image above.")]


@prompt("Asks the user first.")
async def test_input_required_result_prompt(call):
    question = form("What context should the prompt use?", {"context": {"type": "string"}})
    answers = await call.ask(user_context=question)
    return [text(f"Use this context: {answers['user_context'].content}")]
