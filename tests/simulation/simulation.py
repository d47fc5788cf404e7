"""One simulated week of broadcasts and talks: everything that may happen, in an order of chance.

A seed decides it all: who is a friend, what is sent and by which rules, which answers are lost,
when a process dies or is overtaken, when people press a button, when webhooks come, how time runs.
"""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from random import Random
from typing import Any

from sqlalchemy import func, select

from plugin.core.clock import utcnow
from plugin.models import Broadcast, Friend, Job, SendingRules, db
from plugin.models.system.fence import Hold
from plugin.models.system.job import LEASE, finish
from plugin.models.transaction import transaction
from plugin.scheduler import runner
from plugin.services.broadcasts.drafts import Content, WrongState, create_draft, save_draft
from plugin.services.broadcasts.start import cancel, pause, resume, start
from tests.actions.calls import execution
from tests.simulation.friends import Friends
from tests.simulation.process import Killed, Lifeline
from tests.simulation.team import Team
from tests.simulation.wire import Wire
from tests.support.signing import hubspot_post
from tests.support.world import Tenant, World

ENDED = ("finished", "cancelled", "draft")
QUEUES = ("broadcast", "sync", "send")
TURNS, LAST_TURNS = 50, 400
AT_WORK = ("send_broadcast", "deliver", "line_inbox")
# A step has about as many statements.
STEP_STATEMENTS = 60


class Simulation:
    """What one seed decides. `happened` tells the whole story, for whoever replays it."""

    def __init__(self, world: World, tenant: Tenant, clock: Any, seed: int) -> None:
        self.world, self.tenant, self.clock = world, tenant, clock
        self.chance, self.happened = Random(seed), list[str]()  # noqa: S311 - the same again
        self.wire = Wire(world.sandbox.app, self.chance, self.happened.append)
        self.broadcasts: list[int] = []
        self.team, self.friends = Team(self), Friends(self)
        self.contact_ids: list[str] = []
        self.workflows = 0
        # Who followed when an audience was frozen, by broadcast.
        self.following: dict[int, set[str]] = {}
        self.hold: Hold | None = None
        # Whether something happens in the midst of a call.
        self.deep = 0

    def prepare(self, lifeline: Lifeline) -> None:
        """Plant friends and rules, and start the broadcasts."""
        self.lifeline = lifeline
        self.wire.under_way = self._meanwhile
        with self.world.app.app_context():
            self.friends.find()
            self._set_rules()
            self.team.gather()
            for name in ("A", "B")[: self.chance.randint(1, 2)]:
                self._start(name)

    def _set_rules(self) -> None:
        rules = SendingRules(official_account_id=self.tenant.account_id, changed_at=utcnow())
        if self.chance.random() < 0.6:
            rules.cap_messages, rules.cap_days = self.chance.randint(1, 2), 1
        if self.chance.random() < 0.3:
            rules.open_hours, rules.time_zone = [[8 * 60, 20 * 60]] * 7, "Asia/Tokyo"
        rules.holdout_percent = self.chance.choice((0, 0, 20))
        self.most = rules.cap_messages
        with transaction() as session:
            session.merge(rules)

    def _start(self, name: str) -> None:
        personal = self.chance.random() < 0.5
        token = "{{ contact.email | default('friend') }} " if personal else ""
        contents = [
            Content([{"type": "text", "text": f"{name}{number}: {token}sale"}])
            for number in range(self.chance.choice((1, 1, 2)))
        ]
        broadcast = create_draft(self.world.account(self.tenant), name, "alice@example.com")
        changes: dict[str, Any] = {"holdout_percent": self.chance.choice((0, 0, 30))}
        if self.chance.random() < 0.3:
            changes["per_minute"] = self.chance.randint(1, 6)
        save_draft(broadcast, changes, contents)
        start(broadcast, "alice@example.com")
        self.broadcasts.append(broadcast.id)
        self.happened.append(f"start {name}: {len(contents)} variants, {changes}, {personal=}")

    def run(self) -> None:
        """Let things happen; in the end nothing goes wrong any more, and all work is done."""
        for _ in range(TURNS):
            self._turn()
        self.wire.in_trouble = False
        self.friends.hear_of(len(self.friends.late))
        for _ in range(LAST_TURNS):
            if self._is_over():
                return
            self._person("resume")
            self.pass_time(timedelta(minutes=self.chance.choice((1, 10, 90))))
            self._work(dies=False)
        raise AssertionError(f"The broadcasts do not end: {self._standing()}")

    def _turn(self) -> None:
        choice, random = self.chance.choice, self.chance.random
        spans = (1, 5, 30, 200, 200, 3_600, 30_000, 90_000)
        deeds: list[tuple[int, Callable[[], object]]] = [
            (45, lambda: self._work(dies=random() < 0.25)),
            (14, lambda: self.pass_time(timedelta(seconds=choice(spans)))),
            (6, self.friends.block_or_return),
            (3, lambda: self.friends.hear_of(1)),
            (3, self.friends.write),
            (5, self._talk),
            (3, self._workflow),
            (18, self.team.act),
            (3, lambda: self._person(choice(("pause", "resume", "resume", "cancel")))),
        ]
        weights, deed = zip(*deeds, strict=True)
        self.chance.choices(deed, weights)[0]()

    def pass_time(self, span: timedelta) -> None:
        """Every clock jumps."""
        self.happened.append(f"{span} pass")
        self.clock.tick(span)

    def _work(self, *, dies: bool) -> None:
        """A process claims a job and runs one step of it, or dies in it."""
        last = self.chance.randint(1, STEP_STATEMENTS) if dies else None
        owner = f"worker {self.chance.randint(1, 10**9)}"
        try:
            with self.lifeline.lives_for(last), self.world.app.app_context():
                for queue in self.chance.sample(QUEUES, len(QUEUES)):
                    for job in runner.claim(queue, owner, 1):
                        self.happened.append(f"{owner} runs {job.kind} {job.key}, {last=}")
                        self._note_following()
                        self._run(job)
        except Killed:
            self.happened.append(f"{owner} dies")
            # Its connections end with it.
            self.lifeline.engine.dispose()

    def _note_following(self) -> None:
        """Who follows before the step that freezes: a broadcast to all goes to them."""
        with self.lifeline.lives_for(None), self.world.app.app_context():
            following = set(
                db.session.scalars(select(Friend.line_user_id).where(Friend.status == "following"))
            )
            for broadcast_id in self.broadcasts:
                if db.session.get_one(Broadcast, broadcast_id).frozen_at is None:
                    self.following[broadcast_id] = following

    def _run(self, job: Any) -> None:
        outer, self.hold = self.hold, Hold(LEASE.total_seconds())
        try:
            if runner.attempt(self.world.deps, job, self.hold):
                with transaction():
                    finish(job)
        finally:
            self.hold = outer

    def _meanwhile(self) -> None:
        """While a call is under way: the process dies, is overtaken, or a person presses."""
        self.lifeline.count()
        if self.deep or not self.wire.in_trouble:
            return
        what = self.chance.random()
        if self.team.is_at_work and what > 0.8:
            self.lifeline.end()
        self.deep += 1
        try:
            with self.lifeline.lives_for(None):
                if what < 0.04 and self.hold is not None:
                    # It stood still until its lease was over, and another one took the job.
                    self.hold.end()
                    self.pass_time(LEASE + timedelta(seconds=5))
                    self._work(dies=False)
                elif what < 0.08:
                    self._person(self.chance.choice(("pause", "cancel")))
                elif what < 0.12:
                    self.friends.block_or_return()
                elif what < 0.18:
                    self.team.act()
        finally:
            self.deep -= 1

    def _person(self, verb: str) -> None:
        act = {"pause": pause, "resume": resume, "cancel": cancel}[verb]
        anyone = self.chance.choice(self.broadcasts)
        for broadcast_id in self.broadcasts if verb == "resume" else [anyone]:
            with self.world.app.app_context(), suppress(WrongState):
                act(db.session.get_one(Broadcast, broadcast_id))
                self.happened.append(f"{verb} {broadcast_id}")

    def _talk(self) -> None:
        """A friend writes and is answered at once, free of charge where nothing is in the way."""
        user_id = self.friends.write()
        self._work(dies=False)
        self.team.act("answer", user_id)

    def _workflow(self) -> None:
        """HubSpot runs "Send LINE message" for a linked contact, and repeats it if need be."""
        self.workflows += 1
        contact_id = int(self.chance.choice(self.contact_ids))
        words = {"text": f"W{self.workflows}: hello"}
        body = execution(words, f"call-{self.workflows}", contact_id)
        self.happened.append(f"a workflow sends W{self.workflows}")
        for _ in range(self.chance.choice((1, 1, 2))):
            # LINE's answer may be lost to the door as well.
            answer = hubspot_post(f"{self.world.url}/hubspot/actions/send-message", body)
            assert answer.status_code == 200, answer.text

    def _standing(self) -> list[tuple[int, str, str, str]]:
        with self.world.app.app_context():
            columns = Broadcast.id, Broadcast.state, Broadcast.reason, Broadcast.error
            rows = select(*columns).where(Broadcast.id.in_(self.broadcasts))
            return list(db.session.execute(rows).tuples())

    def _is_over(self) -> bool:
        with self.world.app.app_context():
            states = select(Broadcast.state).where(Broadcast.id.in_(self.broadcasts))
            ended = set(db.session.scalars(states)) <= set(ENDED)
            jobs = select(func.count()).where(Job.kind.in_(AT_WORK))
            return ended and not db.session.scalar(jobs)
