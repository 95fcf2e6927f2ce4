"""A conversation of a user with the built-in analyst, with the real tools."""

from typing import Any

from pydantic_ai import Agent, FunctionToolset, RunContext
from pydantic_ai.exceptions import ToolFailed
from pydantic_ai.messages import ModelMessage, ModelResponse, ThinkingPart
from pydantic_ai.toolsets import ToolsetTool, WrapperToolset
from pydantic_core import to_jsonable_python

from agents.exceptions import ToolError
from agents.llm.builtin import analyst
from agents.tools.base import ToolContext
from agents.tools.catalogue import load_tools
from tests.agents.desk import Desk


class EngineToolset(WrapperToolset[ToolContext]):
    """Returns results and failures in the form in which the engine returns them."""

    async def call_tool(
        self,
        name: str,
        tool_args: dict[str, Any],
        ctx: RunContext[ToolContext],
        tool: ToolsetTool[ToolContext],
    ) -> Any:
        try:
            return to_jsonable_python(await self.wrapped.call_tool(name, tool_args, ctx, tool))
        except ToolError as error:
            raise ToolFailed(error.message) from error


TOOLS = EngineToolset(FunctionToolset([tool.function for tool in load_tools()]))


class Conversation:
    """Questions of a user to an agent on the built-in analyst."""

    def __init__(self, desk: Desk, plan: str = "data_analysis", chosen: str | None = None) -> None:
        self.desk, self.chosen = desk, chosen
        self.agent = Agent(analyst(plan), deps_type=ToolContext)
        self.messages: list[ModelMessage] = []
        self.new: list[ModelMessage] = []

    async def ask(self, question: Any) -> str:
        deps = self.desk.call(self.chosen).deps
        done = await self.agent.run(
            question, deps=deps, toolsets=[TOOLS], message_history=self.messages
        )
        assert (done.usage.input_tokens, done.usage.output_tokens) == (0, 0)
        self.messages, self.new = done.all_messages(), done.new_messages()
        return done.output

    @property
    def calls(self) -> list[tuple[str, dict[str, Any]]]:
        """Tools and arguments of the last question."""
        responses = [message for message in self.new if isinstance(message, ModelResponse)]
        return [(c.tool_name, c.args_as_dict()) for r in responses for c in r.tool_calls]

    @property
    def thoughts(self) -> list[str]:
        parts = [part for message in self.new for part in message.parts]
        return [part.content for part in parts if isinstance(part, ThinkingPart)]


async def answer(desk: Desk, question: str, plan: str = "data_analysis") -> str:
    return await Conversation(desk, plan).ask(question)
