"""What was refused, by field, in the reader's language."""

from plugin.services.inbox.refused import FieldsRefused
from plugin.web.language import in_words


def said(refused: FieldsRefused) -> dict[str, list[str]]:
    return {field: [in_words(problem)] for field, problem in refused.problems.items()}
