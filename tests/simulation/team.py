"""What a team does in its inbox during a simulated week, and which of its deeds were stored."""

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import func, select

from plugin.core.clock import utcnow
from plugin.models import Conversation, ConversationMessage, Friend, Member, db
from plugin.models.transaction import transaction
from plugin.services.conversations.record import open_conversation
from plugin.services.inbox import state
from plugin.services.inbox.answer import Answer, AnswerRefused, Author, answer
from plugin.services.inbox.claim import claim, release
from tests.simulation.process import Killed

if TYPE_CHECKING:
    from tests.simulation.simulation import Simulation

READ, UNREAD, CLOSE, REOPEN, ASSIGN = "read", "unread", "close", "reopen", "assign"
# How often each is done, beside the others.
DEEDS = {
    "answer": 6, "again": 3, "note": 1, "claim": 1,
    READ: 3, UNREAD: 1, CLOSE: 2, REOPEN: 1, ASSIGN: 2,
}  # fmt: skip
# A deed has about as many statements.
DEED_STATEMENTS = 80


class Done(NamedTuple):
    """A deed that was stored, and the newest message that there was then, of any conversation."""

    conversation_id: int
    what: str
    after_id: int
    member_id: int | None = None


class Press(NamedTuple):
    """A member sends a form; another press of the same one has all of it in common."""

    key: str
    conversation_id: int
    member_id: int
    text: str


class Team:
    """Two members. A deed dies with its process by chance; nothing of it is then noted."""

    def __init__(self, simulation: "Simulation") -> None:
        self.simulation, self.chance = simulation, simulation.chance
        self.done: list[Done] = []
        self.pressed: list[Press] = []
        # Texts of answers that Musubi took.
        self.accepted: set[str] = set()
        self.notes = 0
        self.members: list[int] = []
        self.is_at_work = False

    def gather(self) -> None:
        """Have a second member, inside the app's context."""
        with transaction() as session:
            first = session.scalars(select(Member).order_by(Member.id)).first()
            assert first is not None
            second = Member(
                installation_id=first.installation_id,
                hubspot_user_id=first.hubspot_user_id + 1,
                email="second@example.com",
                signed_in_at=utcnow(),
            )
            session.add(second)
            session.flush()
            self.members = [first.id, second.id]

    def act(self, what: str = "", user_id: str = "") -> None:
        """Do something with the conversation of some friend."""
        what = what or self.chance.choices(list(DEEDS), list(DEEDS.values()))[0]
        user_id = user_id or self.chance.choice(list(self.simulation.friends.ids.values()))
        dies = self.chance.random() < 0.3
        last = self.chance.randint(1, DEED_STATEMENTS) if dies else None
        lifeline = self.simulation.lifeline
        outer, self.is_at_work = self.is_at_work, True
        try:
            with lifeline.lives_for(last), self.simulation.world.app.app_context():
                self._do(what, user_id)
        except Killed:
            self.simulation.happened.append(f"the server dies at {what}, {last=}")
            lifeline.engine.dispose()
        finally:
            self.is_at_work = outer

    def _do(self, what: str, user_id: str) -> None:
        if what == "again" and not self.pressed:
            return
        if what == "again":
            # The same page lies before whoever presses twice, or loads a lost page anew.
            self._press(self.chance.choice(self.pressed[-3:]))
            return
        conversation = _conversation(user_id)
        member = db.session.get_one(Member, self.chance.choice(self.members))
        self.simulation.happened.append(f"{member.email}: {what} in {conversation.id}")
        if what == "answer":
            number = len(self.pressed) + 1
            words = self.chance.choice(("yes", "{{ contact.email | default('no') }}"))
            text = f"Q{number}: {words}"
            self._press(Press(f"form {number}", conversation.id, member.id, text))
        elif what == "note":
            self.notes += 1
            state.add_note(conversation, Author(member), f"N{self.notes}")
        elif what == "claim":
            claim(conversation, member)
            if self.chance.random() < 0.5:
                release(conversation, member)
        else:
            self._change(what, conversation, member)

    def _change(self, what: str, conversation: Conversation, member: Member) -> None:
        assignee = member if self.chance.random() < 0.7 else None
        if what == READ:
            state.mark_read(conversation)
        elif what == UNREAD:
            state.mark_unread(conversation)
        elif what == CLOSE:
            state.close(conversation)
        elif what == REOPEN:
            state.reopen(conversation)
        else:
            state.assign(conversation, assignee)
        newest = select(func.coalesce(func.max(ConversationMessage.id), 0))
        with self.simulation.lifeline.lives_for(None):
            after_id = db.session.scalar(newest) or 0
        self.done.append(Done(conversation.id, what, after_id, assignee.id if assignee else None))

    def _press(self, press: Press) -> None:
        """As the page does it: claim, then answer."""
        if press not in self.pressed:
            self.pressed.append(press)
        conversation = db.session.get_one(Conversation, press.conversation_id)
        member = db.session.get_one(Member, press.member_id)
        rival = claim(conversation, member, take_over=self.chance.random() < 0.5)
        if rival is not None:
            return
        self.simulation.happened.append(f"{member.email} presses {press.text}")
        deps = self.simulation.world.deps
        try:
            answer(deps, conversation, Author(member), Answer(press.text), press.key)
        except AnswerRefused as error:
            self.simulation.happened.append(f"  refused: {error}")
            return
        self.accepted.add(press.text)


def _conversation(user_id: str) -> Conversation:
    friend = db.session.scalars(select(Friend).where(Friend.line_user_id == user_id)).one()
    with transaction():
        conversation = Conversation.of_friend(friend.id) or open_conversation(friend, utcnow())
    return db.session.get_one(Conversation, conversation.id, populate_existing=True)
