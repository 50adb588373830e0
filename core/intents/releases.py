"""Editing intents as releases: drafts, checks, publishing in one transaction, going back, and the bot's own file as their seed.

Everything here is what pages and the command line call; no rule about editing lives in either.
"""

from __future__ import annotations

import copy
import datetime as dt
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from core.errors import Refused
from core.intents import checks
from core.intents.definition import NAME, Intent
from core.intents.documents import document_of, intent_of
from core.intents.problems import Problem, faults
from core.ports import Clock
from core.store import Store, Tx, intents
from core.store.admin import intents as kept
from core.store.intents import Draft, Release, Waiting

SEED_AUTHOR = "remora"
Tester: TypeAlias = Callable[[Sequence[Intent]], Awaitable[list[Problem]]]
"""Runs the must-match and must-not-match tests of a catalog as it would be."""
Note: TypeAlias = Callable[[Tx, str, str, Mapping[str, Any]], Awaitable[None]]
"""Notes what is done, "intent.save" to "intent:hours", in the transaction that does it."""


async def _unnoted(_tx: Tx, _verb: str, _subject: str, _detail: Mapping[str, Any]) -> None:
    """Where nobody keeps an audit log."""


class NotPublishable(Refused):
    """The catalog has faults; nothing was changed."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(problem.text("en") for problem in problems))
        self.problems = tuple(problems)


class Conflict(Refused):
    """Somebody else changed the intent meanwhile; `theirs` is what stands there now, None where it was removed."""

    def __init__(self, name: str, theirs: Draft | None) -> None:
        by = theirs.changed_by if theirs else "somebody"
        super().__init__(f"{name} was changed by {by} meanwhile", "look at what they wrote, then save yours again")
        self.theirs = theirs


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of one intent between two catalogs."""

    name: str
    kind: Literal["add", "change", "delete"]
    before: Intent | None
    after: Intent | None


def changes(before: Iterable[Intent], after: Iterable[Intent]) -> tuple[Change, ...]:
    """By name, what the second has that the first has not, and the other way round."""
    old, new = ({intent.name: intent for intent in each} for each in (before, after))
    found: list[Change] = []
    for name in sorted({*old, *new}):
        was, becomes = old.get(name), new.get(name)
        if was is None or becomes is None:
            found.append(Change(name, "add" if was is None else "delete", was, becomes))
        elif document_of(was) != document_of(becomes):
            found.append(Change(name, "change", was, becomes))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Publication:
    """A release that is in force, what it changed, and what was worth a warning."""

    number: int
    changes: tuple[Change, ...]
    warnings: tuple[Problem, ...] = ()


class Editing:
    """The intents of one bot as they are edited. `commands` may be run by actions, names in `reserved` are taken; drafts
    are tested by `quick`, if there is one, and what is published by `tester`."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        bot: str,
        *,
        commands: Collection[str],
        reserved: Collection[str] = (),
        tester: Tester | None = None,
        quick: Tester | None = None,
    ) -> None:
        self._store, self._clock, self._bot = store, clock, bot
        self.commands, self._reserved = commands, reserved
        self._tester, self._quick = tester, quick or tester
        self._note: Note = _unnoted

    def noting(self, note: Note) -> Editing:
        """The same, with what is done being noted."""
        other = copy.copy(self)
        other._note = note
        return other

    async def drafts(self) -> list[Draft]:
        """What is being edited, deleted intents too."""
        async with self._store.read() as tx:
            return await intents.drafts(tx, self._bot)

    async def edited(self) -> tuple[Intent, ...]:
        """The intents as they would be published now."""
        return _intents(draft.document for draft in await self.drafts() if not draft.deleted)

    async def live(self, number: int | None = None) -> tuple[Intent, ...]:
        """The intents of a release, of the one in force by default; raises `Refused` where there is none of that number."""
        async with self._store.read() as tx:
            return await self._released(tx, number or await intents.live_number(tx, self._bot))

    async def in_force(self) -> int:
        """The number of the release in force; 0: none yet."""
        async with self._store.read() as tx:
            return await intents.live_number(tx, self._bot)

    async def releases(self) -> list[Release]:
        async with self._store.read() as tx:
            return await intents.releases(tx, self._bot)

    async def problems(self, edited: Sequence[Intent] | None = None, *, quick: bool = False) -> list[Problem]:
        """Faults and warnings of the intents as they would be published, their tests included."""
        wanted = await self.edited() if edited is None else edited
        found = self.checked(wanted)
        tester = self._quick if quick else self._tester
        if tester is not None and not faults(found):
            found += await tester(wanted)
        return found

    def checked(self, wanted: Sequence[Intent]) -> list[Problem]:
        """The same without the tests: at once."""
        return checks.check(wanted, self.commands, self._reserved)

    async def save(self, intent: Intent, author: str, after: int | None = None) -> list[Problem]:
        """Writes one draft over its revision `after` (None: whatever is there); returns the warnings. Raises
        `NotPublishable` with the faults that it would bring into the catalog, `Conflict` where somebody was faster."""
        rest = [other for other in await self.edited() if other.name != intent.name]
        found = [
            problem
            for problem in await self.problems([*rest, intent], quick=True)
            if problem.warning or self._mine(problem, intent)
        ]
        if wrong := faults(found):
            raise NotPublishable(wrong)
        async with self._store.write() as tx:
            await self._put(tx, document_of(intent), author, after)
            await self._note(tx, "intent.save", f"intent:{intent.name}", {})
        return [problem for problem in found if problem.intent == intent.name]

    @staticmethod
    def _mine(problem: Problem, intent: Intent) -> bool:
        return intent.name in (problem.intent, problem.fields.get("other")) or not problem.intent

    async def delete(self, name: str, author: str, *, undo: bool = False) -> None:
        """Takes an intent out of the next release, or back in; raises `Refused` where there is none of that name."""
        async with self._store.write() as tx:
            found = await intents.draft(tx, self._bot, name)
            if found is None:
                raise Refused(f"there is no intent “{name}”", "see: remora intents list")
            await self._put(tx, found.document, author, found.revision, deleted=not undo)
            await self._note(tx, "intent.undelete" if undo else "intent.delete", f"intent:{name}", {})

    async def rename(self, name: str, to: str, author: str) -> None:
        """The draft goes on under another name, and what was keeps the old one: its history, its hits, its releases. Raises
        `NotPublishable` where the name cannot be had, `Conflict` where somebody else edits it, `Refused` where there is none."""
        wrong = "" if NAME.fullmatch(to) else "bad_name"
        async with self._store.write() as tx:
            found = await intents.draft(tx, self._bot, name)
            if found is None or found.deleted:
                raise Refused(f"there is no intent “{name}”", "see: remora intents list")
            if not wrong and await intents.draft(tx, self._bot, to) is not None:
                wrong = "name_taken"
            if wrong:
                raise NotPublishable([Problem(wrong, name, fields={"name": to[:64]})])
            await self._put(tx, {**found.document, "name": to}, author, 0)
            await self._put(tx, found.document, author, found.revision, deleted=True)
            await self._note(tx, "intent.rename", f"intent:{to}", {"from": name})

    async def take_in(
        self, read: Sequence[Intent], author: str, *, examples_only: bool, replace: bool, dry: bool, batch: str = ""
    ) -> tuple[Change, ...]:
        """Imports intents into the drafts, all or none; `replace` also deletes what is not among them, `dry` only tells.
        Examples alone are added to the intents that are there; by its name a `batch` can be reverted. Raises
        `NotPublishable`."""
        before = await self.edited()
        merged = {intent.name: intent for intent in (() if replace and not examples_only else before)}
        for intent in read:
            known = merged.get(intent.name)
            merged[intent.name] = _with_examples(known, intent) if examples_only and known else intent
        after = tuple(merged.values())
        if wrong := faults(await self.problems(after, quick=True)):
            raise NotPublishable(wrong)
        found = changes(before, after)
        if not dry:
            async with self._store.write() as tx:
                for change in found:
                    wanted = change.after or change.before
                    if wanted is not None:
                        gone = change.after is None
                        await self._put(tx, document_of(wanted), author, None, deleted=gone, batch=batch)
                counts = Counter[str](change.kind for change in found)
                await self._note(tx, "intent.import", f"batch:{batch}" if batch else f"bot:{self._bot}", counts)
        return found

    async def revert(self, batch: str, author: str) -> tuple[list[str], list[str]]:
        """Takes an import back: the names that are as they were before it, and those that somebody edited since, which
        stay. Raises `Refused` where there is no such batch."""
        done, stay = list[str](), list[str]()
        async with self._store.write() as tx:
            written = await kept.batch(tx, self._bot, batch)
            if not written:
                raise Refused("there is no such import, or it is too long ago", "look at the history of each intent")
            for one in written:
                now = await intents.draft(tx, self._bot, one.name)
                if now is None or now.revision != one.revision:
                    stay.append(one.name)
                    continue
                [*before] = await kept.revisions(tx, self._bot, one.name, exactly=one.revision - 1)
                document, gone = (before[0].document, before[0].deleted) if before else (one.document, True)
                await self._put(tx, document, author, one.revision, deleted=gone)
                done.append(one.name)
            await self._note(tx, "intent.revert", f"batch:{batch}", {"reverted": len(done), "kept": len(stay)})
        return done, stay

    async def said(self, lately: dt.timedelta) -> list[tuple[str, int]]:
        """What people wrote lately, commands apart, with how often; for a replay."""
        async with self._store.read() as tx:
            return await intents.said_since(tx, self._clock.now() - lately)

    async def waiting(self) -> list[Waiting]:
        """Sentences that matched nothing, or narrowly, or displeased, and that nobody has labelled; the most frequent first."""
        async with self._store.read() as tx:
            return await intents.waiting(tx, self._bot)

    async def label(self, key: str, given: str, author: str) -> tuple[Change, ...]:
        """Labels a waiting sentence: "-" out of scope, "" skipped, "?" for somebody else to look at, else the intent whose
        example it becomes, a new one if need be. Raises `Refused` where none waits under that key, `NotPublishable` where it cannot be an example."""
        async with self._store.read() as tx:
            found = await kept.sentence(tx, self._bot, key)
        if found is None:
            raise Refused("no such sentence waits", "see: remora intents inbox")
        done: tuple[Change, ...] = ()
        if given not in ("", "-", kept.REVIEW):
            example = Intent(given, {found.language: (found.text,)})
            done = await self.take_in([example], author, examples_only=True, replace=False, dry=False)
        async with self._store.write() as tx:
            await intents.label(tx, self._bot, key, given)
            await self._note(tx, "intent.label", f"intent:{given}" if done else f"bot:{self._bot}", {"label": given})
        return done

    async def _put(
        self,
        tx: Tx,
        document: dict[str, Any],
        author: str,
        after: int | None,
        *,
        deleted: bool = False,
        batch: str = "",
    ) -> None:
        name = str(document["name"])
        now = self._clock.now()
        if after is None:
            found = await intents.draft(tx, self._bot, name)
            after = found.revision if found else 0
        if not await intents.put_draft(tx, self._bot, document, author, now, deleted=deleted, after=after, batch=batch):
            raise Conflict(name, await intents.draft(tx, self._bot, name))

    async def publish(self, message: str, author: str) -> Publication:
        """Puts the drafts in force as a new release, in one transaction. Raises `NotPublishable`, or `Refused` where
        nothing was changed or somebody edits or publishes at this moment."""
        drafts = await self.drafts()
        edited = _intents(draft.document for draft in drafts if not draft.deleted)
        found = await self.problems(edited)
        if wrong := faults(found):
            raise NotPublishable(wrong)
        async with self._store.write() as tx:
            if await intents.drafts(tx, self._bot) != drafts:
                raise Refused("somebody changed an intent at this moment", "look at the changes, then publish again")
            live = await intents.live_number(tx, self._bot)
            difference = changes(await self._released(tx, live), edited)
            if live and not difference:
                raise Refused("nothing was changed since the last release", "edit an intent first")
            number = await self._release(tx, edited, live, message, author)
            counts = Counter[str](change.kind for change in difference)
            await self._note(tx, "intent.publish", f"release:{number}", counts)
        return Publication(number, difference, tuple(found))

    async def rollback(self, number: int, author: str) -> Publication:
        """Puts an earlier release in force again, as a new one. Drafts that were not yet published stay as they are."""
        async with self._store.write() as tx:
            live = await intents.live_number(tx, self._bot)
            now, then = await self._released(tx, live), await self._released(tx, number)
            difference = changes(now, then)
            if not difference:
                raise Refused(f"release {number} is what is in force already", "see: remora intents list --releases")
            made = await self._release(tx, then, live, f"back to release {number}", author)
            await self._follow(tx, now, then, author)
            await self._note(tx, "intent.rollback", f"release:{made}", {"to": number})
        return Publication(made, difference)

    async def take_seed(self, seed: Sequence[Intent]) -> tuple[str, ...]:
        """Brings what is new in the bot's own file into the drafts and publishes it, as far as nobody edited the same
        intents; returns the names of those that differ on both sides, which stay as they were edited. Of several
        workers that start at once one does it."""
        try:
            return await self._take_seed(seed)
        except Refused:
            return ()

    async def _take_seed(self, seed: Sequence[Intent]) -> tuple[str, ...]:
        async with self._store.write() as tx:
            live = await intents.live_number(tx, self._bot)
            old, drafts = _intents(await intents.seed(tx, self._bot)), await intents.drafts(tx, self._bot)
            wanted = changes(old, seed)
            if not wanted:
                return ()
            clashes = await self._follow(tx, old, seed, SEED_AUTHOR)
            released = await self._released(tx, live) if live else ()
            merged = _merged(old, seed, released)
            if not live or changes(released, merged):
                message = "a newer file of the bot" if live else "from the bot's own file"
                await self._release(tx, merged, live, message, SEED_AUTHOR)
            await intents.set_seed(tx, self._bot, [document_of(intent) for intent in seed])
        known = {draft.name for draft in drafts}
        return tuple(name for name in clashes if name in known)

    async def _follow(self, tx: Tx, old: Sequence[Intent], new: Sequence[Intent], author: str) -> list[str]:
        """Drafts that are as the old catalog has them become as the new one has them; names of the others that it changes."""
        drafts = {draft.name: draft for draft in await intents.drafts(tx, self._bot)}
        clashes: list[str] = []
        for change in changes(old, new):
            draft = drafts.get(change.name)
            stands = None if draft is None or draft.deleted else draft.document
            if stands != (document_of(change.before) if change.before else None):
                clashes.append(change.name)
                continue
            wanted = change.after or change.before
            if wanted is not None:
                after = draft.revision if draft else 0
                await self._put(tx, document_of(wanted), author, after, deleted=change.after is None)
        return clashes

    async def _released(self, tx: Tx, number: int) -> tuple[Intent, ...]:
        if number == 0:
            return ()
        found = await intents.documents(tx, self._bot, number)
        if found is None:
            raise Refused(f"there is no release {number}", "see: remora intents list --releases")
        return _intents(found)

    async def _release(self, tx: Tx, wanted: Sequence[Intent], after: int, message: str, author: str) -> int:
        stored = [document_of(intent) for intent in sorted(wanted, key=lambda intent: intent.name)]
        now = self._clock.now()
        number = await intents.release(tx, self._bot, stored, after=after, message=message, author=author, now=now)
        if number is None:
            raise Refused("somebody else published at this moment", "look at their release, then publish again")
        return number


def _intents(found: Iterable[Any]) -> tuple[Intent, ...]:
    read = (intent_of(document, []) for document in found)
    return tuple(intent for intent in read if intent is not None)


def _merged(old: Sequence[Intent], new: Sequence[Intent], ours: Sequence[Intent]) -> tuple[Intent, ...]:
    """Ours, with the changes from old to new that do not touch what we changed ourselves."""
    found = {intent.name: intent for intent in ours}
    for change in changes(old, new):
        stands = found.get(change.name)
        if (document_of(stands) if stands else None) != (document_of(change.before) if change.before else None):
            continue
        if change.after is None:
            found.pop(change.name, None)
        else:
            found[change.name] = change.after
    return tuple(found.values())


def _with_examples(known: Intent, more: Intent) -> Intent:
    examples = {code: list(texts) for code, texts in known.examples.items()}
    for code, texts in more.examples.items():
        said = examples.setdefault(code, [])
        said += [text for text in dict.fromkeys(texts) if text not in said]
    return intent_of(document_of(known) | {"examples": examples}, []) or known
