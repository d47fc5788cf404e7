"""Switches of one friend's rich menu by a workflow."""

from sqlalchemy import BigInteger, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from plugin.models.base import Base
from plugin.models.people.friend import Friend
from plugin.models.sending.action_call import ActionCall


class RichMenuSwitch(Base):
    __tablename__ = "rich_menu_switch"

    action_call_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("action_call.id"), primary_key=True, autoincrement=False
    )
    friend_id: Mapped[int] = mapped_column(ForeignKey("friend.id"))
    # LINE's id of the menu, or `default` for the account's own.
    menu_id: Mapped[str] = mapped_column(String(100))
    friend: Mapped[Friend] = relationship(lazy="joined", innerjoin=True)
    action_call: Mapped[ActionCall] = relationship(lazy="joined", innerjoin=True)
