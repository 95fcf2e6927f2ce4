"""What a deletion would take with it, in numbers: a tree of all rows has no bounds."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from django.contrib.admin import AdminSite
from django.db.models import CASCADE, PROTECT, ManyToOneRel, Model
from django.http import HttpRequest
from django.utils.text import capfirst

NAMED = 20  # of the rows to be deleted


@dataclass
class Deletion:
    """As Django's pages and actions want it told."""

    listed: list[str] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    perms_lacking: set[str] = field(default_factory=set)
    protected: list[str] = field(default_factory=list)


def foreseen(rows: Sequence[Model], request: HttpRequest, site: AdminSite) -> Deletion:
    """
    What deleting `rows` takes with it, and what keeps them from being deleted.

    Only the tables that point to them are counted, not what points to those in turn.
    """
    told = Deletion()
    if not rows:
        return told
    model = type(rows[0])
    told.counts[str(model._meta.verbose_name_plural)] = len(rows)
    told.listed += [f"{capfirst(str(model._meta.verbose_name))}: {row}" for row in rows[:NAMED]]
    if any(not _may_delete(model, request, site, row) for row in rows):
        told.perms_lacking.add(str(model._meta.verbose_name))
    for relation in _relations(model):
        count = _count(relation, rows)
        name = str(relation.related_model._meta.verbose_name_plural)
        if count and relation.on_delete is PROTECT:
            told.protected.append(f"{count} {name}")
        elif count:
            told.counts[name] = told.counts.get(name, 0) + count
            told.listed.append(f"{count} {name}")
            if not _may_delete(relation.related_model, request, site, None):
                told.perms_lacking.add(str(relation.related_model._meta.verbose_name))
    return told


def _relations(model: type[Model]) -> Iterator[ManyToOneRel]:
    for relation in cast(Iterable[Any], model._meta.related_objects):
        if isinstance(relation, ManyToOneRel) and relation.on_delete in (CASCADE, PROTECT):
            yield relation


def _count(relation: ManyToOneRel, rows: Sequence[Model]) -> int:
    pointing = {f"{relation.field.name}__in": [row.pk for row in rows]}
    return relation.related_model._base_manager.filter(**pointing).count()


def _may_delete(
    model: type[Model], request: HttpRequest, site: AdminSite, row: Model | None
) -> bool:
    """As Django has it: what has no page of its own goes with what it belongs to."""
    if not site.is_registered(model):
        return True
    return site.get_model_admin(model).has_delete_permission(request, row)
