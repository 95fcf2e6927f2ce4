"""`manage.py ask "question"`: asks the running Netra and shows every step as it happens."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.markdown import Markdown
from rich.markup import escape

from accounts import log_ins
from accounts.models import LogIn
from accounts.names import named
from netra import instance
from netra.client import Client, ClientError
from netra.preparing import DEMO_USER

MARKS = {
    "agent_error": "[red]✗[/]",
    "agent_cancelled": "[yellow]✗[/]",
    "agent_completed": "[green]✓[/]",
}


class Command(BaseCommand):
    help = "Ask an agent of the running Netra, and print its events and its report."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("question")
        parser.add_argument("--agent", help="an agent's name (default: the default agent)")
        parser.add_argument("--file", type=Path, help="a usage log to upload and ask about")
        parser.add_argument("--user", default=DEMO_USER, help="who asks (default: %(default)s)")
        parser.add_argument("--thread", help="continue this thread")
        parser.add_argument("--url", help="a Netra elsewhere; needs --token")
        parser.add_argument("--token", help="an access token for --url")

    def handle(self, *args: Any, question: str, **options: Any) -> None:
        client = self.client(options)
        console = Console(highlight=False, soft_wrap=True)
        message: dict[str, Any] = {"type": "message", "content": question}
        for name, key in (("agent", "agent"), ("thread", "thread_id")):
            if options[name]:
                message[key] = options[name]
        try:
            if options["file"]:
                message["parameters"] = {"dataset": upload(client, options["file"], console)}
            end = show(client, message, console)
        except ClientError as error:
            raise CommandError(str(error)) from error
        if end["type"] != "agent_completed":
            raise CommandError(end["data"]["message"])
        console.print()
        result = end["data"]["result"]
        console.print(Markdown(result) if console.is_terminal else result, markup=False)

    def client(self, options: dict[str, Any]) -> Client:
        if options["url"]:
            if not options["token"]:
                raise CommandError("--url needs --token: an access token of that Netra.")
            return Client(options["url"].rstrip("/"), options["token"])
        running = instance.running(settings.DATA_DIR)
        if running is None:
            raise CommandError("No Netra runs here. Start one with: python manage.py up")
        user = named(options["user"])
        if user is None:
            raise CommandError(f"There is no user {options['user']!r}.")

        def log_in() -> str:
            return log_ins.begin(user, LogIn.Means.COMMAND).access

        return Client(running.url, log_in(), renew=log_in)


def upload(client: Client, file: Path, console: Console) -> str:
    """The id of the data set that `file` became."""
    if not file.is_file():
        raise CommandError(f"There is no file {str(file)!r}.")
    with console.status(f"Uploading {file.name} …") as status:

        def show_progress(data: dict[str, Any]) -> None:
            done = f"{data['share']:.0%}, {data['rows']:,} rows"
            status.update(f"Reading {escape(file.name)}: {done} …")

        dataset = client.upload(file, show_progress)
    console.print(f"[dim]Uploaded {escape(dataset['name'])}: {dataset['rows']:,} rows[/]")
    return str(dataset["id"])


def show(client: Client, message: dict[str, Any], console: Console) -> dict[str, Any]:
    """Print the events as they come; returns the terminal one."""
    end: dict[str, Any] = {}
    with console.status("Waiting for a worker …") as status:
        for frame in client.ask(message):
            if "seq" not in frame:
                if frame["type"] == "tool_progress":
                    status.update(escape(frame["data"]["note"]))
                continue
            mark = MARKS.get(frame["type"], "[cyan]●[/]")
            console.print(f"{mark} {frame['type']:<17} {escape(in_short(frame))}")
            status.update(f"{frame['agent']} works …")
            if frame["type"] == "approval_required":
                status.stop()
                decide(client, frame, console)
                status.start()
            end = frame
    return end


def decide(client: Client, question: dict[str, Any], console: Console) -> None:
    """Ask who sits there; without anybody, say how it can be decided elsewhere."""
    run_id, call_id = question["run_id"], question["data"]["call_id"]
    decision = answer_of(console) if console.is_terminal and sys.stdin.isatty() else None
    if decision is None:
        path = f"{client.url}/api/runs/{run_id}/approvals/{call_id}"
        console.print(f"  Decide in the chat, or with POST {path}", markup=False)
        return
    try:
        client.decide(run_id, call_id, decision)
    except ClientError as error:  # somebody else was first, perhaps: the events will tell
        console.print(f"  {error}", markup=False)


def answer_of(console: Console) -> str | None:
    """The decision of who sits at the terminal; None if they closed it."""
    decisions = {"y": "approve", "n": "deny"}
    answer = ""
    while answer not in decisions:
        try:
            answer = console.input("  Approve it? \\[y/n] ").strip().lower()
        except EOFError:
            return None
    return decisions[answer]


def in_short(event: dict[str, Any]) -> str:
    """One line on an event."""
    data = event["data"]
    match event["type"]:
        case "agent_thinking":
            return " ".join(data["thought"].split())
        case "approval_required":
            return f"{data['tool_name']} waits for approval. {data.get('reason', '')}".strip()
        case "approval_resolved":
            because = f": {data['reason']}" if data.get("reason") else ""
            return f"{data['decision']} by {data['by']}{because}"
        case "tool_executing":
            arguments = data["parameters"]
            named = arguments.items() if isinstance(arguments, dict) else [("…", arguments)]
            given = [f"{name}={value!r}" for name, value in named if value is not None]
            return f"{data['tool_name']}({', '.join(given)})"
        case "tool_completed":
            return f"{data['tool_name']} {data['status']} in {data['duration_ms']:.0f} ms"
        case "agent_completed":
            return f"{data['message']} ({data['duration_ms']:.0f} ms)"
        case _:
            return str(data["message"])
