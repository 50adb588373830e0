"""What the small Slack does besides messages: the agent surface, what one person alone is shown, views."""

from __future__ import annotations

import itertools
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from tests.fakes.slack_server import Conversation, Person

Json: TypeAlias = dict[str, Any]


class Refusal(Exception):
    """The server's no. `ours`: it depends on the state of the workspace, the caller could not know."""

    def __init__(self, error: str, why: str = "", *, ours: bool = False) -> None:
        super().__init__(error)
        self.error, self.why, self.ours = error, why or error, ours


class SurfaceMethods(ABC):
    """A part of the server, which has the rest."""

    people: dict[str, Person]
    views: dict[str, Json]
    """What people see besides messages: by view id, and each one's home tab by "home:" and their id."""
    _triggers: set[str]
    _numbers: itertools.count[int]

    @abstractmethod
    def ts(self) -> str:
        """The next timestamp, which is a message's id."""

    @abstractmethod
    def _where(self, params: Json) -> Conversation:
        """The conversation that `channel` names. Raises `Refusal` if there is none."""

    @abstractmethod
    def _check(self, params: Json) -> None:
        """Raises `Refusal` for content that Slack does not take."""

    def do_assistant_threads_setStatus(self, params: Json) -> Json:
        where = self._where({"channel": params.get("channel_id")})
        if params.get("thread_ts") not in where.messages:
            raise Refusal("invalid_thread_ts")
        where.statuses.append(params["status"])
        return {}

    def do_assistant_threads_setTitle(self, params: Json) -> Json:
        self._where({"channel": params.get("channel_id")}).titles.append(params["title"])
        return {}

    def do_assistant_threads_setSuggestedPrompts(self, params: Json) -> Json:
        if not 0 < len(params["prompts"]) <= 4:
            raise Refusal("invalid_arguments", "one to four prompts")
        self._where({"channel": params.get("channel_id")}).prompts.append(params)
        return {}

    def do_agents_sessions_setStatus(self, params: Json) -> Json:
        where = self._where({"channel": params.get("channel_id")})
        where.sessions.append(params["status"])
        where.titles += [params["title"]] if params.get("title") else []
        return {}

    def do_chat_postEphemeral(self, params: Json) -> Json:
        self._check(params)
        where = self._where(params)
        if params.get("user") not in self.people:
            raise Refusal("user_not_in_channel")
        where.whispers.append(params)
        return {"message_ts": self.ts()}

    def do_views_publish(self, params: Json) -> Json:
        return self._view(f"home:{params['user_id']}", params["view"])

    def do_views_open(self, params: Json) -> Json:
        if params.get("trigger_id") not in self._triggers:
            raise Refusal("invalid_trigger_id")
        self._triggers.discard(params["trigger_id"])
        return self._view(f"V{next(self._numbers)}", params["view"])

    def _view(self, id: str, view: Json) -> Json:
        if len(view["blocks"]) > 100 or any(block["type"] == "markdown" for block in view["blocks"]):
            raise Refusal("invalid_arguments", "no view that Slack takes")
        for block in view["blocks"]:
            actions = [one["action_id"] for one in block.get("elements") or [] if "action_id" in one]
            if len(actions) > len(set(actions)) or len(actions) > 25:
                raise Refusal("invalid_arguments", "the same action twice, or too many")
        self.views[id] = {**view, "id": id}
        return {"view": self.views[id]}
