"""A comment of a pull request on GitHub, by its REST API, as a job of GitHub Actions knows where that is."""

import itertools
import json
import os
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bpf.errors import CannotRun
from harness.machine.checkout import VERSION
from results.errors import BadInput

TIMEOUT_S = 30
_PAGE = 100  # the most that GitHub gives at once

_CURES = {
    401: "hand on the job's token (the action's input token)",
    403: "give the job `permissions: pull-requests: write`; to a pull request from a fork GitHub gives no such token",
    404: "give the job `permissions: pull-requests: write`; to a pull request from a fork GitHub gives no such token",
}


@dataclass(frozen=True, slots=True)
class PullRequest:
    """A pull request, who may speak there, and what the job that runs for it is called."""

    api: str
    graphql: str
    repository: str
    number: int
    commit: str
    run: str
    token: str

    @classmethod
    def of_job(cls, environment: Mapping[str, str] = os.environ) -> "PullRequest":
        """Read what GitHub Actions tells a job. Raises BadInput where that is none for a pull request."""
        names = ("GITHUB_API_URL", "GITHUB_GRAPHQL_URL", "GITHUB_REPOSITORY", "GITHUB_EVENT_PATH", "GITHUB_TOKEN")
        if missing := [name for name in names if not environment.get(name)]:
            raise BadInput(f"{' and '.join(missing)} not set: comments are written by a job of GitHub Actions")
        api, graphql, repository, event, token = (environment[name] for name in names)
        for name in names[:2]:
            if not environment[name].startswith(("https://", "http://")):
                raise BadInput(f"{name} is {environment[name]!r}, no address of the web")
        try:
            pull_request = json.loads(Path(event).read_bytes())["pull_request"]
            number, commit = int(pull_request["number"]), str(pull_request["head"]["sha"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise BadInput("GITHUB_EVENT_PATH tells of no pull request: there is nothing to comment on") from error
        server, run = environment.get("GITHUB_SERVER_URL", ""), environment.get("GITHUB_RUN_ID", "")
        at_work = f"{server}/{repository}/actions/runs/{run}"
        return cls(api.rstrip("/"), graphql, repository, number, commit, at_work, token)

    def put_comment(self, mark: str, text: str) -> str:
        """Write the comment that begins with a mark: in the place of our own one, else a new one; return where.

        Raises CannotRun where GitHub refuses, or cannot be asked.
        """
        body = {"body": f"{mark}\n{text}"}
        if marked := [each for each in self._comments() if str(each["body"]).startswith(mark)]:
            # A job may change anybody's comment; but one that another made with our mark, they could change later.
            login = self._login()
            for comment in marked:
                if comment["user"] is not None and comment["user"]["login"] == login:
                    return str(self._ask("PATCH", f"{self._issues}/comments/{comment['id']}", body)["html_url"])
        return str(self._ask("POST", f"{self._issues}/{self.number}/comments", body)["html_url"])

    @property
    def _issues(self) -> str:
        return f"{self.api}/repos/{self.repository}/issues"

    def _comments(self) -> Iterator[Mapping[str, Any]]:
        for page in itertools.count(1):
            found = self._ask("GET", f"{self._issues}/{self.number}/comments?per_page={_PAGE}&page={page}")
            yield from found
            if len(found) < _PAGE:
                return

    def _login(self) -> str:
        """Tell whose the token is. By GraphQL: REST's /user answers users alone, and 403 to the token of a job."""
        found = self._ask("POST", self.graphql, {"query": "{viewer{login}}"})
        match found:
            case {"data": {"viewer": {"login": str(login)}}}:
                return login
        raise CannotRun(
            f"GitHub does not say whose the token is: {json.dumps(found)[:200]}",
            "hand on the job's token (GITHUB_TOKEN)",
        )

    def _ask(self, method: str, address: str, body: Mapping[str, str] | None = None) -> Any:
        request = urllib.request.Request(
            address,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={
                "Accept": "application/vnd.github+json",
                "Authorization": f"Bearer {self.token}",
                "Content-Type": "application/json",
                "User-Agent": f"bench/{VERSION}",
                "X-GitHub-Api-Version": "2022-11-28",
            },
        )
        try:
            with _OPENER.open(request, timeout=TIMEOUT_S) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            cure = _CURES.get(error.code, "try again; https://www.githubstatus.com tells of its troubles")
            raise CannotRun(f"GitHub refuses the comment: {error.code} {error.reason}", cure) from error
        except (OSError, ValueError) as error:
            raise CannotRun(f"GitHub cannot be asked: {error}", f"is {address} reached from here?") from error


class _Stay(urllib.request.HTTPRedirectHandler):
    """Follows no redirection: the token would be taken wherever it leads."""

    def redirect_request(self, *_: Any) -> None:
        return None


_OPENER = urllib.request.build_opener(_Stay)
