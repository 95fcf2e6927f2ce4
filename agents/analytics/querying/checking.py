"""
What a query may say, decided on DuckDB's own parse of it, before anything is looked up.

Only what is known to be harmless passes: kinds of nodes, functions and tables by name. All else is
refused, what a later DuckDB adds included. Words, comments and letters play no part: there is no
text here any more.
"""

import difflib
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from agents.analytics.querying.functions import FUNCTIONS, TABLE_FUNCTIONS
from agents.analytics.querying.naming import SYSTEM

NODES = frozenset(
    {
        "SELECT_NODE",
        "SET_OPERATION_NODE",
        "RECURSIVE_CTE_NODE",
        "CTE_NODE",
        "BASE_TABLE",
        "JOIN",
        "SUBQUERY",
        "TABLE_FUNCTION",
        "EXPRESSION_LIST",
        "EMPTY",
        "PIVOT",
        "ORDER_MODIFIER",
        "LIMIT_MODIFIER",
        "LIMIT_PERCENT_MODIFIER",
        "DISTINCT_MODIFIER",
        "ORDER_DEFAULT",
        "ASCENDING",
        "DESCENDING",
    }
)
EXPRESSIONS = frozenset(
    {
        "BETWEEN",
        "CASE",
        "CAST",
        "COLLATE",
        "COLUMN_REF",
        "COMPARISON",
        "CONJUNCTION",
        "CONSTANT",
        "FUNCTION",
        "LAMBDA",
        "LAMBDA_REF",
        "OPERATOR",
        "POSITIONAL_REFERENCE",
        "STAR",
        "SUBQUERY",
        "TYPE",
        "WINDOW",
    }
)
# A column of such a name is none: DuckDB reads it as a question about the session.
SESSION = frozenset(
    {"current_catalog", "current_role", "current_schema", "current_user", "session_user", "user"}
)
SHOWN = 20  # names of tables in a message


class Refused(Exception):
    """The query is not one that may be run; the text says what to write instead."""


def tables_of(nodes: Any, known: Collection[str]) -> set[str]:
    """
    The names of the `known` tables that a parsed statement reads, as it writes them.

    Names of tables are in lower case in `known`. Raises Refused.
    """
    check = _Check(known)
    try:
        check.walk(nodes, frozenset())
    except RecursionError as error:
        raise Refused("The query is nested too deeply. Write it in steps: WITH …") from error
    return check.found


class _Check:
    def __init__(self, known: Collection[str]) -> None:
        self._known = known
        self.found: set[str] = set()

    def walk(self, value: Any, scope: frozenset[str]) -> None:
        """`scope` are the queries of WITH clauses that have a name here."""
        if isinstance(value, list):
            for item in value:
                self.walk(item, scope)
        elif isinstance(value, dict):
            self._judge(value, scope)
            scope = self._with_named(value.get("cte_map"), scope)
            for key, item in value.items():
                if key == "cte_map":
                    continue
                # What a recursive query begins with cannot mean the query itself.
                is_start = value.get("type") == "RECURSIVE_CTE_NODE" and key == "left"
                self.walk(item, scope - {_folded(value["cte_name"])} if is_start else scope)

    def _with_named(self, named: Any, scope: frozenset[str]) -> frozenset[str]:
        """Each query of a WITH clause knows those before it, and itself only if recursive."""
        for entry in named["map"] if named else ():
            body, name = entry["value"], _folded(entry["key"])
            if name.startswith(SYSTEM):  # it may not hide one of DuckDB's own tables
                raise Refused(f"Name the query {name[:80]!r} otherwise.")
            is_recursive = body["query_node"]["type"] == "RECURSIVE_CTE_NODE"
            self.walk(body, scope | {name} if is_recursive else scope)
            scope |= {name}
        return scope

    def _judge(self, node: Mapping[str, Any], scope: frozenset[str]) -> None:
        kind = node.get("class")
        if kind is not None and kind not in EXPRESSIONS:
            raise Refused(_unfit(kind))
        if kind is None and isinstance(type_ := node.get("type"), str) and type_ not in NODES:
            raise Refused(_unfit(type_))
        if "function_name" in node:
            _check_function(node["function_name"], FUNCTIONS)
        path = (node.get("qualified_name") or {}).get("path", ())
        if len(path) > 1:
            raise Refused(f"Write {path[-1]!r} without the schema before it.")
        match node:
            case {"type": "TABLE_FUNCTION"}:
                _check_function((node.get("function") or {}).get("function_name"), TABLE_FUNCTIONS)
            case {"type": "BASE_TABLE"}:
                self._check_table(str(node["table_name"]), scope, at=node.get("at_clause"))
            case {"class": "COLUMN_REF", "column_names": [name]} if _folded(name) in SESSION:
                raise Refused(
                    f"{name!r} tells of the database, not of a row. Call the column otherwise."
                )

    def _check_table(self, name: str, scope: frozenset[str], *, at: object) -> None:
        if at is not None:
            raise Refused("AT cannot be used: a table has one version.")
        if _folded(name) in scope:
            return
        if _folded(name) not in self._known:
            raise Refused(f"There is no table {name[:80]!r}. There are {_listed(self._known)}.")
        self.found.add(name)


def _check_function(name: object, allowed: frozenset[str]) -> None:
    folded = _folded(name)
    if folded not in allowed:
        near = difflib.get_close_matches(folded, sorted(allowed), 1, 0.75)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise Refused(f"The function {str(name)[:80]!r} cannot be used here.{hint}")


def _unfit(kind: str) -> str:
    match kind:
        case "PARAMETER":
            return "The query has parameters. Write the values into it."
        case "SHOW_REF":
            return "DESCRIBE, SHOW and SUMMARIZE cannot be used. Write a SELECT."
        case _:
            return f"{kind.replace('_', ' ').capitalize()} cannot be used. Write a plain SELECT."


def _folded(name: object) -> str:
    """As DuckDB compares names: the Kelvin sign is a K to Python, and none to DuckDB."""
    text = str(name)
    return text.lower() if text.isascii() else text


def _listed(names: Iterable[str]) -> str:
    shown = sorted(names)
    more = f" and {len(shown) - SHOWN} more" if len(shown) > SHOWN else ""
    return ", ".join(shown[:SHOWN]) + more
