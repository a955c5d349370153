"""How a report begins."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Headline:
    """The verdict in one word and one sentence. `tone`: pass | warn | fail."""

    word: str
    tone: str
    sentence: str
