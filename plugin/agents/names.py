"""What an agent calls itself. It proves nothing, the key does."""

from plugin.core.text.clean import storable

LONGEST_NAME = 60


def clean_name(name: object) -> str:
    """Return a name as the log shows and stores it: one line, of letters that can be seen."""
    words = " ".join(str(storable(str(name or ""))).split())
    printable = "".join(letter for letter in words if letter.isprintable())
    return printable[:LONGEST_NAME] or "agent"
