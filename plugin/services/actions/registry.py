"""The workflow actions by name."""

from collections.abc import Mapping

from plugin.services.actions.ask_question import ASK_QUESTION
from plugin.services.actions.check_friend import CHECK_FRIEND
from plugin.services.actions.check_segment import CHECK_SEGMENT
from plugin.services.actions.context import Action
from plugin.services.actions.linkage_url import GENERATE_LINKAGE_URL
from plugin.services.actions.send_message import SEND_MESSAGE
from plugin.services.actions.switch_rich_menu import SWITCH_RICH_MENU
from plugin.services.actions.tag_friend import TAG_FRIEND

ACTIONS: Mapping[str, Action] = {
    action.name: action
    for action in (
        SEND_MESSAGE, GENERATE_LINKAGE_URL, ASK_QUESTION, CHECK_FRIEND, CHECK_SEGMENT,
        TAG_FRIEND,
        SWITCH_RICH_MENU,
    )
}  # fmt: skip
