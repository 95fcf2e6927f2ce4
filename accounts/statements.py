"""
Statements whose SQL is made once, for the few that run for every message and every event.

The ORM builds and compiles a query anew each time it runs, which takes several times as long as
the database needs for it. A statement is written as a query like any other, with `Given` where a
value belongs that is known only when it runs.
"""

from collections.abc import Hashable, Mapping, Sequence
from functools import cached_property
from typing import Any, Generic, TypeAlias, TypeVar

from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import Expression, Field, Model, QuerySet
from django.db.models.expressions import Combinable
from django.db.models.sql import UpdateQuery

Row: TypeAlias = tuple[Any, ...]
Found = TypeVar("Found", bound=Model)

ROWS_PER_INSERT = 100  # SQLite takes a limited number of values in one statement


class Given(Expression):
    """The value that is passed as `name` when the statement runs; `field` says how it is stored."""

    def __init__(self, name: str, field: "Field[Any, Any]") -> None:
        super().__init__(output_field=field)
        self.name = name

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        return "%s", [self]


def given(model: type[Model], *names: str) -> dict[str, Given]:
    """A value for each of these fields of a model, called as the field is."""
    return {name: Given(name, column(model, name)) for name in names}


def column(model: type[Model], name: str) -> "Field[Any, Any]":
    """The field of this name, which is none from another model to this one."""
    field = model._meta.get_field(name)
    assert isinstance(field, Field)
    return field


class _Statement:
    """The SQL of a query, and the values it needs. Any thread."""

    def __init__(self, compiler: Any) -> None:
        self._sql, self._params = compiler.as_sql()

    def execute(self, cursor: Any, values: Mapping[str, Any]) -> None:
        bound = [
            param.output_field.get_db_prep_save(values[param.name], connection)
            if isinstance(param, Given)
            else param
            for param in self._params
        ]
        cursor.execute(self._sql, bound)


class Select:
    """Reads the columns that `queryset.values_list(…)` names."""

    def __init__(self, queryset: "QuerySet[Any, Any]") -> None:
        self._query = queryset.query

    def rows(self, **values: Any) -> list[Row]:
        statement, converters = self._made
        with connection.cursor() as cursor:
            statement.execute(cursor, values)
            rows: list[Row] = cursor.fetchall()
        return [_converted(row, converters) for row in rows] if converters else rows

    def first(self, **values: Any) -> Row | None:
        return next(iter(self.rows(**values)), None)

    @cached_property
    def _made(self) -> tuple[_Statement, dict[int, Any]]:
        compiler = self._query.get_compiler(DEFAULT_DB_ALIAS)
        statement = _Statement(compiler)
        return statement, compiler.get_converters([column for column, *_ in compiler.select])


class Find(Generic[Found]):
    """Reads whole rows, as instances."""

    def __init__(self, queryset: "QuerySet[Found]") -> None:
        self._model: Any = queryset.model
        self._names = [field.attname for field in self._model._meta.concrete_fields]
        self._select = Select(queryset.values_list(*self._names))

    def all(self, **values: Any) -> list[Found]:
        rows = self._select.rows(**values)
        return [self._model.from_db(DEFAULT_DB_ALIAS, self._names, row) for row in rows]

    def first(self, **values: Any) -> Found | None:
        return next(iter(self.all(**values)), None)

    def get(self, **values: Any) -> Found:
        """The one row there is; raises the model's DoesNotExist."""
        if (found := self.first(**values)) is None:
            raise self._model.DoesNotExist(f"No {self._model.__name__} is {values!r}.")
        return found


def _converted(row: Row, converters: dict[int, Any]) -> Row:
    """What the driver has read, as the fields have it."""
    cells = list(row)
    for at, (conversions, column) in converters.items():
        for convert in conversions:
            cells[at] = convert(cells[at], column, connection)
    return tuple(cells)


class Update:
    """Changes rows of `queryset`. It is made once for each set of columns that change together."""

    def __init__(self, queryset: "QuerySet[Any]") -> None:
        self._queryset = queryset
        self._made: dict[Hashable, _Statement] = {}

    def run(self, changes: Mapping[str, Any], **values: Any) -> int:
        """
        How many rows it changed. The names of `changes` are not those of `values`.

        Expressions among the changes become part of the statement; let them be constants.
        """
        expressions = {
            name: value for name, value in changes.items() if isinstance(value, Combinable)
        }
        shape = (frozenset(changes), frozenset(expressions.items()))
        if shape not in self._made:
            self._made[shape] = self._make({**given(self._queryset.model, *changes), **expressions})
        with connection.cursor() as cursor:
            self._made[shape].execute(cursor, {**values, **changes})
            return int(cursor.rowcount)

    def _make(self, changes: dict[str, Any]) -> _Statement:
        query: Any = self._queryset.query.chain(UpdateQuery)
        query.add_update_values(changes)
        return _Statement(query.get_compiler(DEFAULT_DB_ALIAS))


class Insert:
    """Adds rows with a value for each of these fields; the database knows those of the others."""

    def __init__(self, model: type[Model], *names: str) -> None:
        self._table = model._meta.db_table
        self._fields = [column(model, name) for name in names]

    def run(self, rows: Sequence[Sequence[Any]]) -> None:
        for start in range(0, len(rows), ROWS_PER_INSERT):
            self._insert(rows[start : start + ROWS_PER_INSERT])

    def _insert(self, rows: Sequence[Sequence[Any]]) -> None:
        row = f"({', '.join(['%s'] * len(self._fields))})"
        values = [
            field.get_db_prep_save(value, connection)
            for row in rows
            for field, value in zip(self._fields, row, strict=True)
        ]
        with connection.cursor() as cursor:
            cursor.execute(f"{self._into} VALUES {', '.join([row] * len(rows))}", values)

    @cached_property
    def _into(self) -> str:
        quote = connection.ops.quote_name
        columns = ", ".join(quote(str(field.column)) for field in self._fields)
        return f"INSERT INTO {quote(self._table)} ({columns})"
