"""Hides card numbers, and what follows a word for a password, a PIN or a card's code. The same as
``static/kit/care.js``, sign for sign: the browser hides what it sends, the server what it keeps.

Both read a plain copy of the text, one sign of it for each sign of the text, in which digits, spaces,
dashes and capitals of all kinds are one kind: their own tables, for no two engines agree on Unicode.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

HIDDEN = "•"
MOST_HIDDEN = 4  # of a password: neither its signs nor how many there are
LONGEST = 19
LONGEST_ACCOUNT = 31
TOKEN = 64

Span = tuple[int, int]

# The zeros of Unicode's decimal digits (category Nd, 14.0); nine others follow each.
ZEROS = """
30 660 6f0 7c0 966 9e6 a66 ae6 b66 be6 c66 ce6 d66 de6 e50 ed0 f20 1040 1090 17e0 1810 1946 19d0 1a80 1a90
1b50 1bb0 1c40 1c50 a620 a8d0 a900 a9d0 a9f0 aa50 abf0 ff10 104a0 10d30 11066 110f0 11136 111d0 112f0
11450 114d0 11650 116c0 11730 118e0 11950 11c50 11d50 11da0 16a60 16ac0 16b50 1d7ce 1d7d8 1d7e2 1d7ec
1d7f6 1e140 1e2f0 1e950 1fbf0
"""
KINDS = {
    " ": "9 a0 1680 2000-200a 202f 205f 3000",
    "\n": "b-d 85 2028-2029",
    "\u200b": "ad 61c 180e 200c-200f 202a-202e 2060-2064 2066-2069 20e3 fe0e-fe0f feff",
    "-": "2010-2015 2043 2212 fe58 fe63 ff0d",
    ".": "b7 2024 2027 ff0e",
    "/": "5c 2044 2215 ff0f",
    ":": "ff1a",
    "=": "ff1d",
}
CAPITALS = (("41-5a", 0x20), ("c0-de", 0x20), ("401", 0x50), ("410-42f", 0x20))


def _span(codes: str) -> range:
    first, _, last = codes.partition("-")
    return range(int(first, 16), int(last or first, 16) + 1)


_PLAIN = {
    **{int(zero, 16) + value: str(value) for zero in ZEROS.split() for value in range(10)},
    **{
        code: kind
        for kind, all_ in KINDS.items()
        for codes in all_.split()
        for code in _span(codes)
    },
    **{code: chr(code + step) for codes, step in CAPITALS for code in _span(codes)},
}
_L = r"a-z\u00c0-\u024f\u0300-\u036f\u0400-\u052f"
_MONEY = r"[.,][0-9]| ?(?:[€$£₽%]|eur|kr|руб)"


def _pattern(source: str) -> re.Pattern[str]:
    return re.compile(source.replace("{L}", _L).replace("{MONEY}", _MONEY))


# --- card numbers ----------------------------------------------------------------------------------

_RUN = _pattern(r"[0-9•][0-9• \n\u200b./-]*")
_GROUP = _pattern(r"•+[0-9]*|[0-9]+")
# One before a digit is never ours: it is a list's. Ours come together.
_MARKER = _pattern(r"(?:^|[^• \n\u200b./-])[ \n\u200b./-]*•(?=[0-9])")
_SCHEME = _pattern(
    "|".join(
        (
            r"4(?:[0-9]{12}|[0-9]{15}|[0-9]{18})",  # Visa
            r"5[1-5][0-9]{14}",  # Mastercard
            r"(?:222[1-9]|22[3-9][0-9]|2[3-6][0-9]{2}|27[01][0-9]|2720)[0-9]{12}",  # Mastercard
            r"3[47][0-9]{13}",  # American Express
            r"3(?:0[0-5]|[689][0-9])[0-9]{11}(?:[0-9]{2})?",  # Diners Club
            r"35(?:2[89]|[3-8][0-9])[0-9]{12,15}",  # JCB
            r"220[0-4][0-9]{12,15}",  # Mir
            r"6(?:011|4[4-9][0-9]|5[0-9]{2}|2[0-9]{2})[0-9]{12,15}",  # Discover, UnionPay
            r"(?:50[0-9]{2}|5[6-8][0-9]{2}|6304|67[0-9]{2})[0-9]{9,15}",  # Maestro, Dankort, Bancontact
        )
    )
)
# What may follow a card number: when it ends, and then its code.
_EXPIRY = _pattern(
    r"[ \n]*(?:[{L}]{1,12}[ .:]*)?(?:0[1-9]|1[0-2])[ /.-]*(?:20)?[0-9]{2}(?![0-9])"
    r"(?:[ \n,.;/-]*(?:[{L}]{1,16}[ .:]+){0,2}([0-9]{3,4})(?![0-9]|{MONEY}))?"
)
_DATE = _pattern(
    r"(?:^|[^0-9])(?:[0-9]{1,2}[./-][0-9]{1,2}[./-](?:19|20)[0-9]{2}"
    r"|(?:19|20)[0-9]{2}[./-][0-9]{1,2}[./-][0-9]{1,2})(?![0-9])"
)
_AMOUNTS = _pattern(
    r"(?:^|[^0-9.])[0-9]+\.[0-9]{2}[ \n/-]+(?:[0-9]+[ \n/-]+)*[0-9]+\.[0-9]{2}(?![0-9.])"
)
_UUID = _pattern(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_ACCOUNT = _pattern(r"(?:^|[^{L}0-9])([a-z]{2}[0-9]{2}(?: ?[a-z0-9]){11,27})")
# ISO 13616: the length of an account number in each country.
ACCOUNTS = (
    "ad24 at20 be16 bg22 ch21 cy28 cz24 de22 dk18 ee20 es24 fi18 fr27 gb22 ge22 gi23 gr27 hr21 "
    "hu28 ie22 is26 it27 li21 lt20 lu20 lv21 mc27 me22 mt31 nl18 no15 pl28 pt25 ro24 rs22 se24 "
    "si19 sk24 sm27 tr26 ua29"
)
_LETTER = _pattern(r"[{L}]")
_ACCOUNTS = {one[:2]: int(one[2:]) for one in ACCOUNTS.split()}


def _luhn(digits: str) -> bool:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) << place % 2
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def _without_numbers(plain: str) -> str:
    """Without what is certainly something else: ids, and accounts whose check digits are right."""
    text = _UUID.sub(lambda found: "x" * len(found[0]), plain)
    text = _MARKER.sub(lambda found: found[0][:-1] + "x", text)
    return _replaced(text, _accounts(text), lambda length: "x" * length)


def _replaced(text: str, spans: Iterable[Span], by: Callable[[int], str]) -> str:
    """The text with another one in the place of each span, in order."""
    done = 0
    parts = []
    for start, end in spans:
        parts += [text[done:start], by(end - start)]
        done = end
    return "".join([*parts, text[done:]])


def _accounts(text: str) -> list[Span]:
    found = []
    match = _ACCOUNT.search(text)
    while match:
        start = match.start(1)
        length = _account_length(match[1])
        if length:
            found.append((start, start + length))
        match = _ACCOUNT.search(text, start + (length or 1))
    return found


def _account_length(found: str) -> int:
    """How many signs of it are an account number, spaces included; 0 if it does not begin with one."""
    length = _ACCOUNTS.get(found[:2], LONGEST_ACCOUNT + 1)
    signs = found.replace(" ", "")[:length]
    if len(signs) < length:
        return 0
    if int("".join(str(int(sign, 36)) for sign in signs[4:] + signs[:4])) % 97 != 1:
        return 0
    end = length
    while end - found.count(" ", 0, end) < length:
        end += 1
    return end


def _is_list(groups: Sequence[Span], text: str) -> bool:
    """Whether they read as dates, amounts or the numbers of a roulette."""
    own = text[groups[0][0] : groups[-1][1]]
    small = all(end - start <= 2 and int(text[start:end]) <= 36 for start, end in groups)
    mixed = len({end - start for start, end in groups}) > 1
    return bool(_DATE.search(own) or _AMOUNTS.search(own) or (small and mixed))


def _cards(plain: str) -> list[int]:
    """The places of the signs to hide."""
    text = _without_numbers(plain)
    places: list[int] = []
    for run in _RUN.finditer(text):
        groups = [group.span() for group in _GROUP.finditer(text, run.start(), run.end())]
        for first in range(len(groups)):
            places += _cards_from(groups, first, text)
    return places


def _cards_from(groups: Sequence[Span], first: int, text: str) -> Iterable[int]:
    """Of the numbers that begin with this group. Groups of four and more, or of four and a shorter last
    one, are a card's own way; in any other a number must stand alone, not in an id or a list. At most
    nineteen groups are looked at, so the work grows as the text does."""
    digits = ""
    start = groups[first][0]
    fours = large = True
    for last in range(first, len(groups)):
        begins, end = groups[last]
        size = end - begins
        usual = fours if size < 4 else large
        fours, large = fours and size == 4, large and size >= 4
        digits += text[begins : begins + min(size, LONGEST + 1)]
        if len(digits) > LONGEST or HIDDEN in digits or not (usual or first == 0):
            return
        if not _SCHEME.fullmatch(digits):
            continue
        if len(digits) <= 15 and text[start - 1 : start] == "+":  # E.164
            continue
        own = groups[first : last + 1]
        expiry = _EXPIRY.match(text, end)
        if not usual:
            ends = last == len(groups) - 1 or expiry is not None
            glued = _LETTER.match(text[start - 1 : start]) or _LETTER.match(text, end)
            if not ends or glued or _is_list(own, text):
                continue
        if not _luhn(digits):
            continue
        yield from [place for one in own for place in range(*one)][:-4]
        if expiry is not None and expiry[1] is not None:
            yield from range(*expiry.span(1))


# --- passwords, PINs, a card's code ----------------------------------------------------------------

_WORD = _pattern(
    r"(?:^|[^{L}])(?:((?:pas+wor[dt]s?|passcode|passphrase|passwd|pwd|wachtwoord(?:en)?|paswoord"
    r"|l(?:ö|o\u0308?)senord(?:et)?|salasana(?:ni|mme)?|парол[ьи]|(pass|pw|ww))(?![{L}0-9]))"
    r"|(pin(?:[ -]?(?:code|kod(?:en)?|koodi(?:ni)?|nummer|number))?|пин(?:[ -]?код)?)(?![{L}])"
    r"|(?:cvv2?|cvc2?|cv2|cvn|security code|(?:veiligheids|beveiligings)code"
    r"|s(?:ä|a\u0308?)kerhetskod(?:en)?|turva(?:koodi|luku|tunnus)|код безопасности)(?![{L}]))"
)
_IS = (
    r"(?:(?: +(?:is|was|are|är|ar|var|on|oli|это|был)|['’]s)"
    r"(?: +(?:now|still|just|nu|nog|nyt|теперь|сейчас))?)"
)
_TO = r"(?: +(?:to|into|naar|till|på|на))"
_FOR = r"(?: +(?:for|to|of|on|voor|van|op|för|till|på|от|для|к)(?: +[{L}]+){1,3}?)?"
_TOKEN = rf"([^ \n]{{1,{TOKEN}}})"
_SAID = _pattern(rf"{_FOR}(?:{_IS}?([\"']? *[:=])[:= \n]*|{_IS} +| +-+>? +){_TOKEN}")
_BESIDE = _pattern(rf"{_TO}? +{_TOKEN}")
_MEANT = rf"(?:{_FOR}(?:{_IS}| *[:=])|{_TO})?"
_PIN = _pattern(_MEANT + r"[ \n:=#-]*([0-9]{4,12})(?![./-]?[0-9]|[{L}]|{MONEY})")
_CODE = _pattern(
    r"(?:[ -]?(?:code|kod(?:en)?|koodi|nummer|number|numero|nr|код|номер))?"
    + _MEANT
    + r"[ \n:=#(-]*([0-9]{3,4})(?![0-9{L}])"
)

_PUNCTUATION = r"""["'«»“”„‘’‚`()\[\]{}<>.,;:!?…*_]*"""
_EDGES = _pattern(rf"^{_PUNCTUATION}|{_PUNCTUATION}$")
_ELSEWHERE = _pattern(r"://|^[^@]+@[a-z0-9-]+\.[a-z.]{2,}$")
_MIXED = _pattern(r"[{L}].*[0-9]|[0-9].*[{L}]|[{L}0-9][@#$%&^+=~|!?_*][{L}0-9]")
_QUANTITY = _pattern(r"[0-9]{1,3}[{L}]+")
_PARTICIPLE = _pattern(r"[a-z]+(?:ed|ing)|ge[a-z]+[dt]")
_LETTERS = _pattern(r"[{L}]{3,}")
# What is said of a password, and what a sentence about one goes on with.
ORDINARY = """
a about again also always and anymore asked at bad because being block broken but by can cannot can't
changed could correct did different do does doesn't don't easy empty error expired fine for forgot
forgotten from gone good hard has have help hidden here how i if important in incorrect invalid is it its
it's known link log login lost me mine missing must my needed new no not of ok okay old on or please
private reset right safe secure sent set short shown simple so stolen strong taken temporary that the then
there this to too true unknown valid visible was weak what when where which why will with won't wrong yes
you your al anders bekend dan de die dit een en er fout geen goed het hoe ik juist kan klopt kort kwijt
lang maar met mijn moet naar nee niet nieuw nodig om onbekend ongeldig onjuist ook oud sterk te ter van
vergeten verkeerd verlopen waar waarom wat weg werkt zwak att av bort borta bortglömt bytt det ett fel
felaktigt för fungerar från glömt hur inget inte jag korrekt men min mitt nej nytt och ogiltigt okänt på
rätt saknas slut som spärrat starkt stulet svagt säkert till utgånget ändrat låst vad var varför ei
estetty eri hukassa ja jo kadonnut kadoksissa kun lukittu lukossa miksi mikä miten mutta niin oikea oikein
poissa se tai tuntematon unohtui unohtunut uusi vaihdettu vanha vanhentunut vielä voimassa virheellinen
väärin väärä а без был в верный все для ещё забыл забыла забыт и истек истёк к как какой кто мой на не
неверен неверный неправильный нет но новый он от потерян почему правильный с сброшен слабый старый что это
я
"""
_ORDINARY = frozenset(ORDINARY.split())


def _secret(
    core: str, token: str, *, said: bool, colon: bool, short: bool, cyrillic: bool, ends: bool
) -> bool:
    if not core or HIDDEN in token or _ELSEWHERE.search(core):
        return False
    if core in _ORDINARY or (not colon and _PARTICIPLE.fullmatch(core)):
        return False
    if colon:
        return True
    if short and not said:
        return False
    if re.fullmatch(r"[0-9]+", core):
        return len(core) >= 4
    if _MIXED.search(core):
        return not _QUANTITY.fullmatch(core) and len(core) >= (4 if said else 6)
    if cyrillic and re.fullmatch(r"[a-z]{4,}", core):
        return True
    return said and ends and not short and _LETTERS.fullmatch(core) is not None


def _secrets(plain: str) -> list[Span]:
    found = []
    word = _WORD.search(plain)
    while word:
        at = word.end()
        if word[1]:
            value = _password(plain, at, word)
        else:
            match = (_PIN if word[3] else _CODE).match(plain, at)
            value = match.span(1) if match else None
        if value is not None:
            found.append(value)
            at = value[1] - 1  # its last sign may stand before the next word
        word = _WORD.search(plain, at)
    return found


def _password(plain: str, at: int, word: re.Match[str]) -> Span | None:
    said = _SAID.match(plain, at)
    match = said or _BESIDE.match(plain, at)
    if match is None:
        return None
    token = match[match.lastindex or 0]
    end = match.end()
    ends = (
        not plain[end : end + TOKEN].strip(" ")
        or plain[end] == "\n"
        or re.search(r"[.,;!?)]$", token) is not None
    )
    is_secret = _secret(
        _EDGES.sub("", token),
        token,
        said=said is not None,
        colon=said is not None and said[1] is not None,
        short=word[2] is not None,
        cyrillic=word[1] > "а",
        ends=ends,
    )
    if not is_secret:
        return None
    rest = re.compile(r"[^ \n]*").match(plain, end)
    return end - len(token), rest.end() if rest else end


# --- the text --------------------------------------------------------------------------------------

# Whatever may be hidden has so many digits, or holds one of these; asked first, of each text there is.
_DIGIT = re.compile(r"\d")
_HINT = re.compile(
    "pas|pw|ww|wacht|senord|salasana|парол|pin|пин|cv|security|[gd]scode|kerhetskod|turva|безопасн"
)
FEWEST = 13


def masked(text: str) -> str:
    """The text with ``•`` in place of all digits of a card number but its last four, and of whatever
    follows a word for a password, a PIN or a card's code. Nothing to hide: the very same text."""
    if len(_DIGIT.findall(text)) < FEWEST and not _HINT.search(text.lower()):
        return text
    places = _cards(text.translate(_PLAIN))
    if places:
        signs = list(text)
        for place in places:
            signs[place] = HIDDEN
        text = "".join(signs)
    spans = _secrets(text.translate(_PLAIN))
    return _replaced(text, spans, lambda length: HIDDEN * min(MOST_HIDDEN, length))
