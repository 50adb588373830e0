"""The fake Slack with further workspaces, which install the app by OAuth: each has a token of its own, which may end."""

from __future__ import annotations

import itertools
from collections import Counter

from tests.fakes.slack_server import BOT, BOT_USER, TEAM, Envelope, Json, SlackServer
from tests.fakes.slack_surface import Refusal


class ManyWorkspaces(SlackServer):
    """Tokens are "xoxb-TEAM-NUMBER"; a person of the first workspace serves as one of every workspace."""

    def __init__(self) -> None:
        super().__init__()
        self.client = {"client_id": "1.2", "client_secret": "client-canary"}
        self.seconds: int | None = None
        """For how long a token is good; None: for ever."""
        self.codes: dict[str, str] = {}
        """Codes of installations, and tokens for renewal: the workspace of each."""
        self.revoked: dict[str, str] = {}
        """By workspace: the word with which its calls are refused."""
        self.called: Counter[str] = Counter()
        """Messages posted, by the workspace of the token."""
        self._made = itertools.count(1)
        self._tokens = {self.token: TEAM}
        self._caller = TEAM

    def code(self, team: str) -> str:
        """What the browser of a workspace's owner brings back from Slack."""
        code = f"code-{team}"
        self.codes[code] = team
        return code

    def event_in(self, team: str, event: Json, at: int = 1_800_000_000) -> Envelope:
        """`at`: seconds since 1970 UTC, when it happened."""
        envelope = self.event(event)
        envelope.payload["event_time"] = at
        envelope.payload["authorizations"] = [{"team_id": team, "user_id": BOT_USER, "is_bot": True}]
        return envelope

    def _refuses(self, method: str, token: str) -> str:
        if method == "oauth.v2.access":
            return ""
        if token not in self._tokens:
            return super()._refuses(method, token)
        self._caller = self._tokens[token]
        if method == "chat.postMessage":
            self.called[self._caller] += 1
        return self.revoked.get(self._caller, "")

    def do_auth_test(self, params: Json) -> Json:
        return {"team_id": self._caller, "user_id": BOT_USER, "bot_id": BOT, "url": "https://acme.slack.com/"}

    def do_oauth_v2_access(self, params: Json) -> Json:
        if {name: params.get(name) for name in self.client} != self.client:
            raise Refusal("invalid_client_id")
        renewal = params.get("grant_type") == "refresh_token"
        team = self.codes.pop(params.get("refresh_token" if renewal else "code", ""), "")
        if not team:
            raise Refusal("invalid_refresh_token" if renewal else "invalid_code", ours=not renewal)
        number = next(self._made)
        if not renewal:
            self._tokens = {token: of for token, of in self._tokens.items() if of != team}
        token = f"xoxb-{team}-{number}"
        self._tokens[token] = team
        answer: Json = {"access_token": token, "team": {"id": team, "name": f"Team {team}"}, "scope": "chat:write"}
        if self.seconds is not None:
            answer |= {"refresh_token": f"xoxe-{team}-{number}", "expires_in": self.seconds}
            self.codes[answer["refresh_token"]] = team
        return answer
