"""Put migrations into the order in which they are applied."""

from __future__ import annotations

from collections.abc import Iterable

from handbook.collect.database.draft import Draft


def in_order(drafts: Iterable[Draft]) -> list[Draft]:
    """Put each revision after those it builds on; otherwise they stay as they are.

    What another revision replaces is left out.
    """
    given = list(drafts)
    replaced = {name for draft in given for name in draft.replaces}
    left = {draft.id: draft for draft in given if draft.id not in replaced}
    done: dict[str, Draft] = {}
    for start in list(left.values()):
        todo = [start]
        entered: set[str] = set()
        while todo:
            draft = todo[-1]
            first = draft.id not in entered
            entered.add(draft.id)
            parents = (
                [left[p] for p in draft.parents if p in left and p not in done] if first else []
            )
            waiting = [parent for parent in parents if parent.id not in entered]
            if waiting:
                todo += reversed(waiting)
                continue
            todo.pop()
            done.setdefault(draft.id, draft)
    return list(done.values())
