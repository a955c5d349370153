"""Quantities and moments as an operator reads them: one spelling for verdict, report, message and console."""

import math
import re
from datetime import UTC, datetime

# What begins a sentence with a capital: a word of English, and not the name of a program, a cluster or a parameter.
_WORD = re.compile(r"(?!coderd\b)[a-z]+(?:'[a-z]+)?(?=[\s,;:.!?)]|$)(?!\.\S|:\S)")
_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400
# From how many seconds on, which unit, its part, and how many digits the part has. Hours go on to two days,
# because a day's objective and what exceeds it are compared in hours.
_UNITS = (
    (2 * _DAY, _DAY, "d", _HOUR, "h", 1),
    (_HOUR, _HOUR, "h", _MINUTE, "min", 2),
    (_MINUTE, _MINUTE, "min", 1, "s", 2),
)


def duration(seconds: float) -> str:
    """`11 ms`, `4.6 s`, `41 s`, `25 min 18 s`, `2 h 05 min`, `3 d 4 h`: two units at most.

    From a minute on it is rounded up, so that what exceeds an objective never reads as equal to it: the settings have
    objectives in whole minutes up to two days, and in whole hours beyond.
    """
    if seconds < 0:
        return f"-{duration(-seconds)}"
    for least, length, unit, part, parts_unit, digits in _UNITS if round(seconds) >= _MINUTE else ():
        if math.ceil(seconds) >= least:
            whole, parts = divmod(math.ceil(seconds / part), length // part)
            return f"{whole} {unit} {parts:0{digits}d} {parts_unit}" if parts else f"{whole} {unit}"
    if 0 < seconds < 1:
        return f"{max(round(seconds * 1_000), 1)} ms"
    # Tenths tell something below ten seconds.
    return f"{seconds:.1f} s" if 0 < seconds < 10 else f"{round(seconds)} s"  # noqa: PLR2004  as said


def brief(seconds: float) -> str:
    """`4.6s`, `41s`, `25m`, `2h05`: what fits above a narrow column, rounded up as in `duration`."""
    if round(seconds) < _MINUTE:
        return f"{seconds:.1f}s" if seconds < 10 else f"{round(seconds)}s"  # noqa: PLR2004  as in `duration`
    hours, minutes = divmod(math.ceil(seconds / _MINUTE), 60)
    return f"{hours}h{minutes:02d}" if hours else f"{minutes}m"


def clock(moment: datetime) -> str:
    """`2026-11-23 02:00:07 UTC`."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def number(value: float) -> str:
    """Thousands apart by a narrow no-break space: `1 204 377`."""
    return f"{value:,}".replace(",", "\u202f")


def signed(value: float) -> str:
    """`+43`, or the figure behind a true minus sign."""
    return f"+{number(value)}" if value >= 0 else f"\u2212{number(-value)}"


def percent(value: float) -> str:
    """`+3.5 %`; a change too small for a tenth still shows its direction."""
    sign = "+" if value >= 0 else "\u2212"
    return f"{sign}{abs(value):.1f} %" if abs(value) >= 0.05 else f"{sign}<0.1 %"  # noqa: PLR2004  rounds to 0.1


def size(octets: float) -> str:
    """`36.0 GiB`."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if octets < 1_024:  # noqa: PLR2004  that is what a KiB is
            return f"{octets:.0f} B" if unit == "B" else f"{octets:.1f} {unit}"
        octets /= 1_024
    return f"{octets:.1f} TiB"


def dollars(amount: float) -> str:
    """`$0.68`, `$1 240.00`, and below ten cents the two first digits that say something: `$0.06`, `$0.0036`."""
    if amount <= 0 or amount >= 0.1:  # noqa: PLR2004  ten cents
        return f"${amount:,.2f}".replace(",", "\u202f")
    if amount < 0.0001:  # noqa: PLR2004  a hundredth of a cent
        return "under $0.0001"
    told = f"{amount:.{1 - math.floor(math.log10(amount))}f}"
    return f"${told[:4]}{told[4:].rstrip('0')}"


def loss(*, from_snapshot: bool) -> str:
    """What is shown of the RPO. A snapshot's age proves none (docs/decisions/0005), so it is called what it is."""
    return "Snapshot's age" if from_snapshot else "Data loss"


def capital(text: str) -> str:
    """`text` with a capital at its beginning, unless it begins with a name: `snapshot_identifier` keeps its case."""
    return text[0].upper() + text[1:] if _WORD.match(text) else text


def sentence(text: str) -> str:
    """`text` with a capital at its beginning, as in `capital`, and a stop at its end."""
    told = text.strip()
    return told and capital(told) + ("" if told.endswith((".", "!", "?")) else ".")


def person(caller: str) -> str:
    """Who a caller's ARN means, in a word: the session's or the user's name, `anna@example.com`."""
    return caller.rpartition("/")[2] or caller


def plural(count: int, one: str, many: str | None = None) -> str:
    """`1 check`, `3 checks`."""
    return f"{number(count)} {one if count == 1 else many or one + 's'}"
