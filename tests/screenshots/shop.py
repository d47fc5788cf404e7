"""A small shop's first month with Musubi, made by the product's own doors: friends scan a code and
agree, tap, write and block; the team writes templates, segments and broadcasts, and answers."""

import re
from datetime import timedelta
from random import Random
from typing import Any

import requests
from sqlalchemy import select

from plugin.models import Conversation, Friend, db
from plugin.models.connections.member import Member
from plugin.services.broadcasts.drafts import Content, create_draft, save_draft
from plugin.services.broadcasts.plan_measures import plan_measures
from plugin.services.broadcasts.start import start
from plugin.services.connections.official_account import check_account
from plugin.services.inbox.answer import Answer, Author, answer
from plugin.services.inbox.state import add_note
from plugin.services.message_templates.library import create_template
from plugin.services.qr_codes.codes import change_qr_code
from plugin.services.qr_codes.settings import choices_of
from plugin.services.segments.library import create_segment
from plugin.services.sending.rules import RuleChoices, save_rules
from plugin.services.sync.synced_choice import Choice, choose
from tests.screenshots.people import EVERYBODY, Person
from tests.screenshots.words import RULE, WORDS
from tests.simulation.times import START
from tests.support.world import Tenant, World
from tests.web.login_flow.browser import Phone

DAYS = 27
CHANNEL = "2000000001"
NAMES = {"en": "Example Coffee", "ja": "見本コーヒー"}
ADMIN = "admin@example.com"
BEANS_DAY, TASTING_DAY = 13, 4


class Shop:
    """`ids`: the rows that pages are about, by a name."""

    def __init__(self, world: World, clock: Any, language: str) -> None:
        self.world, self.clock = world, clock
        self.language, self.words = language, WORDS[language]
        self.ids: dict[str, int] = {}
        self.chance = Random(11)  # noqa: S311 - the same again
        self.guests = list(EVERYBODY)
        # The guest is among the first who log in.
        self.guests.insert(6, self.guests.pop(self.guests.index(self._person(self.words.guest))))
        self.tapped: set[str] = set()

    def live(self) -> Tenant:
        """Let the month pass; it ends at `START`."""
        self._open()
        for days in range(DAYS, 0, -1):
            self._pass_day(days)
        self._today()
        return self.tenant

    def _move(self, days: int, minutes: float = 0) -> None:
        self.clock.move_to(START - timedelta(days=days) + timedelta(minutes=minutes))

    def _person(self, key: str) -> Person:
        return next(one for one in EVERYBODY if one.key == key)

    def _open(self) -> None:
        """Install, connect, and print a code."""
        self._move(DAYS + 1)
        control = self.world.sandbox.control
        name = NAMES[self.language]
        picture = f"{self.world.sandbox.url}/line-picture/{name[0]}.svg"
        shop = {"name": name, "basic_id": "@examplecoffee", "quota_limit": 5000, "picture": picture}
        control("POST", f"/line-channels/{CHANNEL}", shop)
        phones = [self._phone(person) for person in EVERYBODY]
        control("POST", "/line-users", {"channel": CHANNEL, "users": phones})
        rows = [_contact(person) for place, person in enumerate(EVERYBODY) if place % 7 != 6]
        made = control("POST", "/contacts", {"rows": rows})["ids"]
        club = {"name": self.words.club, "contact_ids": [int(one) for one in made[::2]]}
        self.list_id = str(control("POST", "/lists", club)["listId"])
        self.tenant = self.world.connect(self.world.install())
        self._write_down()
        self.world.work()

    def _phone(self, person: Person) -> dict[str, str]:
        picture = f"{self.world.sandbox.url}/line-picture/{person.name[0]}.svg"
        return {"person": person.key, "name": person.name, "language": person.language,
                "email": person.email, "picture": picture}  # fmt: skip

    def _write_down(self) -> None:
        """The code, templates, the shop's rules, and what it keeps of HubSpot."""
        with self.world.app.app_context():
            account, code = self.world.account(self.tenant), self.world.code(self.tenant)
            choices = choices_of(code)._replace(
                name=self.words.code, tags=[self.words.tag], by_email=True, makes_contact=True
            )
            change_qr_code(code, choices)
            self.ids["qr-code"] = code.id
            self.templates = {
                name: create_template(account, name, messages, ADMIN).id
                for name, messages in self.words.templates.items()
            }
            self.ids["template"] = next(iter(self.templates.values()))
            rules = RuleChoices(
                cap_messages=2, cap_days=7, open_hours=[[9 * 60, 21 * 60]] * 7, approval_above=500,
                free_messages=5000, price_milli=3000,
            )  # fmt: skip
            save_rules(account, rules, ADMIN)
            choice = Choice(["lifecyclestage", "city"], [self.list_id])
            choose(self.world.deps, account.installation, choice, ADMIN, only=False)

    def _pass_day(self, days: int) -> None:
        """Some come: in the first days they only add the account, later most of them log in."""
        busy = 3 if days in (BEANS_DAY - 1, TASTING_DAY - 1) else 0
        for minutes in sorted(self.chance.sample(range(300), self.chance.randint(0, 3) + busy)):
            self._move(days, minutes)
            if self.guests:
                self._come(self.guests.pop(0), days)
        self._move(days, 310)
        if days == BEANS_DAY:
            self._broadcast(self.words.sent[0], every=3)
        if days == TASTING_DAY:
            goal = {"kind": "link", "value": "", "days": 7}
            name = self.words.sent[1]
            self.ids["broadcast"] = self._broadcast(name, 2, goal=goal, holdout_percent=15)
            self._after_the_tasting(days)
        self._look_at_goals()

    def _look_at_goals(self) -> None:
        """As the scheduler has it done."""
        self.world.work()
        with self.world.app.app_context():
            plan_measures()
        self.world.work()

    def _come(self, person: Person, days: int) -> None:
        alone = self.chance.random() < (1 if days > DAYS - 3 else 0.6 if days > DAYS - 8 else 0.2)
        if alone and person.key != self.words.guest:
            self._press(person, "friend", do="add")
            return
        phone = Phone(person.key, person.language)
        phone.scan(self.world, self.tenant)
        phone.submit()
        assert phone.outcome == "linked", (person, phone.page.text)
        self.world.sandbox.quiet()

    def _press(self, person: Person, what: str, **fields: str) -> None:
        """Something that a person does on the phone, in the chat with the shop."""
        url = f"{self.world.sandbox.url}/phone/{person.key}/chat/{CHANNEL}/{what}"
        requests.post(url, data=fields, timeout=30).raise_for_status()
        self.world.sandbox.quiet()

    def _broadcast(self, name: str, every: int, **changes: Any) -> int:
        """One to all; each `every`-th friend taps."""
        with self.world.app.app_context():
            broadcast = create_draft(self.world.account(self.tenant), name, ADMIN)
            save_draft(broadcast, changes, [Content(template_id=self.templates[name])])
            start(broadcast, ADMIN)
            number = broadcast.id
        self.world.work()
        self.clock.tick(timedelta(minutes=22))
        self._tap(every)
        return number

    def _tap(self, every: int) -> None:
        rows = self.world.sandbox.control("GET", "/deliveries?limit=5000")["deliveries"]
        for place, row in enumerate(rows):
            found = re.search(re.escape(self.world.url) + r"/r/[\w.-]+", str(row["messages"]))
            if found and found[0] not in self.tapped and place % every == 0:
                self.tapped.add(found[0])
                answered = requests.get(found[0], timeout=30, allow_redirects=False)
                assert answered.status_code == 302
        self.world.work()

    def _after_the_tasting(self, days: int) -> None:
        """One does not like it, two write."""
        self._move(days, 350)
        self._press(self._person("noah"), "friend", do="block")
        self._press(self._person("taro"), "say", text="行きます！")
        self._press(self._person("emma"), "say", text="Count me in!")

    def _today(self) -> None:
        """What the team finds, and does, this morning."""
        self._move(0)
        with self.world.app.app_context():
            account = self.world.account(self.tenant)
            self.ids["segment"] = create_segment(account, self.words.segment, RULE, ADMIN).id
            draft = create_draft(account, self.words.draft, ADMIN)
            save_draft(draft, {"holdout_percent": 10}, [Content(self.words.winter)])
            self.ids["draft"] = draft.id
            check_account(self.world.deps, account)
        for place, (key, text) in enumerate(self.words.talks):
            self._move(0, place * 9)
            self._press(self._person(key), "say", text=text)
        self.world.work()
        self._answer()
        self.world.work()

    def at_the_question(self) -> Phone:
        """A friend who has logged in and is asked whether to link."""
        person = self._person(self.words.newcomer)
        phone = Phone(person.key, self.language)
        phone.scan(self.world, self.tenant)
        return phone

    def _answer(self) -> None:
        guest = self._person(self.words.guest)
        self.clock.tick(timedelta(seconds=25))
        with self.world.app.app_context():
            named = Friend.display_name == guest.name
            chosen = db.session.scalars(select(Conversation).join(Friend).where(named)).one()
            member = db.session.scalars(select(Member)).first()
            assert member is not None
            self.ids |= {"conversation": chosen.id, "friend": chosen.friend_id}
            answer(
                self.world.deps, chosen, Author(member), Answer(text=self.words.answer), "answer-1"
            )
            add_note(chosen, Author(member), self.words.note)
        self.clock.tick(timedelta(seconds=70))
        self._press(guest, "say", text=self.words.thanks)
        self.clock.tick(timedelta(minutes=4))


def _contact(person: Person) -> dict[str, str]:
    city = "Osaka" if person.language == "en" else "大阪"
    return {"email": person.email, "firstname": person.first, "lastname": person.last,
            "lifecyclestage": "customer", "city": city}  # fmt: skip
