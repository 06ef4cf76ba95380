"""Find which documents a text names: by path, file name, title, number or declared key."""

from __future__ import annotations

import difflib
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath

from holdfast.domain.documents import Metadata

_BREAKS = re.compile(r"[-\s:,]+")
_WORDS = re.compile(r"[^\s,;()\[\]\"']+")
_TOKENS = re.compile(r"[^\W_]+(?:[.'\u2019][^\W_]+)*")
_SMALL = frozenset(
    {
        *("a", "an", "the", "of", "from", "for", "and", "or", "our", "your", "its", "this", "that", "dated"),
        *("der", "die", "das", "den", "dem", "des", "und", "vom", "von", "aus", "zur", "zum"),
        *("le", "la", "les", "un", "une", "du", "de", "et", "el", "los", "las", "y", "del", "della", "dei"),
        *("il", "lo", "gli", "e", "het", "een", "van", "en"),
    }
)
"""Words in which two spellings of a title differ: `Travel & Expense Policy`, `Travel and Expense Policy`."""
_LEAD = re.compile(
    r"(?:\W|(?:the|our|its|an?|of|old|older|former|previous|earlier|existing|current|document|file|version|"
    r"revision|rev|edition|issue|der|die|das|des|den|dem|von|vom|bisherigen?|alten?|früheren?|vorherigen?|"
    r"dokument|datei|fassung|ausgabe|le|la|les|du|el|los|il|lo|de|het|v?\d[\d.]*)\b)*",
    re.IGNORECASE,
)
"""What may stand before a title: `the 2022 edition of the`."""
_NUMBER = re.compile(r"(?:version|rev|v|no|nr)?\.?(\d[\d.]*)", re.IGNORECASE)
_QUALIFIERS = re.compile(
    r"\W*(?:(?:of|from|dated|issued|in|no|nr|version|revision|rev|edition|issue|release|fassung|ausgabe|stand|"
    r"vom|von|aus|v|d[ue]|del|van|vom|january|february|march|april|may|june|july|august|september|october|"
    r"november|december|januar|februar|märz|mai|juni|juli|oktober|dezember|the|year|jahr)\b\W*)*",
    re.IGNORECASE,
)
_ENDS = re.compile(
    r"\s*(?:$|[;:.!?()\[\]\"'\u201c\u201d\u2013\u2014/|]|-\s)|"
    r"(?:\s*,)?\s+(?:(?:and|or|und|oder|et|y|e|en)\s+)?(?:is|was|were|are|has|have|had|will|shall|must|may|"
    r"takes?|comes?|came|appl(?:y|ies)|enters?|becomes?|which|that|who|as|with|effective|since|on|by|when|"
    r"in (?:full|its|force|effect|all|every|whole|total)|from|dated|issued|published|version|revision|rev|"
    r"edition|v|sowie|ist|sind|war|wird|gilt|gelten|tritt|treten|ab|mit|vom|welche[rs]?|die|der|das|"
    r"in der fassung|fassung|vollständig|est|sont|desde|dal|per|vanaf)\b",
    re.IGNORECASE,
)
"""What may follow a document's name, so that `Travel Policy for Contractors` is not the `Travel Policy`."""
_NEXT = re.compile(r"\s*(?:,|&|\b(?:and|or|und|oder|et|y|e|en)\b)\s*(?=\S)", re.IGNORECASE)
_FILE_NAME = re.compile(r"[\w./-]+\.[a-z][a-z0-9]{1,4}(?![\w/])", re.IGNORECASE)
_NEAR = 0.6
_MOST_COMPARED = 1_000
_YEAR = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """What one reference names."""

    paths: frozenset[str] = frozenset()
    """The documents; more than one are the same document in several forms."""
    rivals: frozenset[str] = frozenset()
    """Different documents that it may mean as well as each other; then there are no `paths`."""
    rest: str = ""
    """What follows the name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Title:
    path: str
    tokens: tuple[str, ...]
    numbers: frozenset[str] = frozenset()
    """Numbers that were left out of the tokens and have to be told otherwise: `the 2023 edition of`."""


@dataclass(slots=True)
class Names:
    """The names of all documents of a source."""

    exact: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    paths: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    beginnings: dict[str, list[_Title]] = field(default_factory=lambda: defaultdict(list))
    """Titles and stems by their first word."""
    by_word: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    leading: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """By a number that titles and file names begin with."""
    numbers: dict[str, frozenset[str]] = field(default_factory=dict)
    """By path: the numbers and years in title and file name."""
    shown: dict[str, str] = field(default_factory=dict)
    """By path: how a person knows it."""
    own: dict[str, str] = field(default_factory=dict)
    """By path: the number that it calls itself by."""

    @classmethod
    def of(cls, documents: Mapping[str, Metadata], keys: Iterable[str]) -> Names:
        """Return the names of these documents; values of `keys` name those that carry them in their name."""
        names = cls()
        wanted = tuple(keys)
        for path, metadata in documents.items():
            names.paths[plain(path)].add(path)
            for name in _own_names(path, metadata, wanted):
                names.exact[plain(name)].add(path)
            for number in _leading_numbers(path, metadata):
                names.leading[number].add(path)
            stem = PurePosixPath(path).stem
            for title in {_tokens(metadata.title), _tokens(stem.replace("-", " ").replace("_", " "))}:
                for one in _spellings(path, title):
                    names.beginnings[one.tokens[0]].append(one)
                for word in title:
                    names.by_word[word].add(path)
            names.numbers[path] = _numbers(f"{metadata.title} {stem}")
            names.shown[path] = metadata.title or stem
            names.own[path] = plain(metadata.number)
        for number, paths in names.leading.items():
            if number not in names.exact and len({PurePosixPath(path).stem for path in paths}) == 1:
                names.exact[number] = paths
        names.exact.pop("", None)
        return names

    def find(self, reference: str, *, by: str) -> Named:
        """Return what a reference in the document at `by` names; never that document itself."""
        lead = re.match(_LEAD, reference)
        text = reference[lead.end() :] if lead else reference
        ahead = _numbers(lead[0]) if lead else frozenset()
        whole = (
            self._by_path(reference, by)
            or self._exactly(reference, by)
            or self._by_title(reference, by)
            or self._by_title(text, by, ahead=ahead)
            or self._by_edition(text, by)
        )
        if whole:
            return whole
        words = (plain(word) for word in _WORDS.findall(reference))
        found = [_as_one(self.exact[word] - {by}) for word in words if self._is_name(word, by)]
        if rival := next((one for one in found if one.rivals), None):
            return rival
        return Named(paths=frozenset().union(*(one.paths for one in found)))

    def is_own(self, reference: str, by: str) -> bool:
        """Return whether a reference begins with the number that the document at `by` calls itself by."""
        words = [plain(word) for word in _WORDS.findall(reference)]
        return bool(words) and words[0] == self.own.get(by)

    def nearest(self, reference: str, *, by: str) -> str:
        """Return the path of the document whose name is most like the reference, empty when none is."""
        lead = re.match(_LEAD, reference)
        said = " ".join(_tokens(reference[lead.end() :] if lead else reference)[:8])
        likes = {
            path: max(_likeness(said, self.shown[path]), _likeness(said, PurePosixPath(path).stem))
            for path in self._alike(said.split())
            if path != by
        }
        best = max(likes, key=lambda path: (likes[path], path), default="")
        return best if best and likes[best] >= _NEAR else ""

    def _alike(self, words: Iterable[str]) -> set[str]:
        """Return documents that share one of the words, the rarest word's first, and not all of many."""
        alike: set[str] = set()
        for paths in sorted((self.by_word.get(word, set()) for word in words), key=len):
            if len(alike) + len(paths) > _MOST_COMPARED:
                break
            alike |= paths
        return alike

    def _is_name(self, word: str, by: str) -> bool:
        return _is_number(word) and bool(self.exact.get(word, set()) - {by})

    def _by_path(self, reference: str, by: str) -> Named | None:
        """Return the document at this path, seen from the one that names it or from the source's root."""
        beside = PurePosixPath(by).parent
        for name in (reference, *_FILE_NAME.findall(reference)[:1]):
            for path in (plain(str(beside / name)), plain(name)):
                found = self.paths.get(path, set()) - {by}
                if len(found) == 1:
                    return Named(paths=frozenset(found))
        return None

    def _exactly(self, reference: str, by: str) -> Named | None:
        found = self.exact.get(plain(reference), set()) - {by}
        return _as_one(found) if found else None

    def _by_title(self, text: str, by: str, *, ahead: frozenset[str] = frozenset()) -> Named | None:
        """Return the documents whose title the text begins with, the longest title first.

        `ahead` are numbers that stood before the text: `the 2022 edition of`.
        """
        said = [(match[0].casefold(), match.end()) for match in _TOKENS.finditer(text)]
        meant = [(word, end) for word, end in said if word not in _SMALL]
        if not meant:
            return None
        fitting: dict[int, list[tuple[str, bool]]] = defaultdict(list)
        for title in self.beginnings.get(meant[0][0], ()):
            length = len(title.tokens)
            if title.path == by or tuple(word for word, _ in meant[:length]) != title.tokens:
                continue
            rest = text[meant[length - 1][1] :]
            told = ahead | _qualified(rest)
            own = self.numbers[title.path] - _numbers(" ".join(title.tokens))
            agrees = _agree(told, own)
            if title.numbers and not agrees:
                continue
            if (agrees or not told or not own) and not self._goes_on(rest, length, by):
                fitting[length].append((title.path, agrees))
        for length in sorted(fitting, reverse=True):
            close = {path for path, is_told in fitting[length] if is_told}
            named = _as_one(close or {path for path, _ in fitting[length]})
            return replace(named, rest=text[meant[length - 1][1] :])
        return None

    def _by_edition(self, text: str, by: str) -> Named | None:
        """Return the document that begins with a number of several, by the year told: `FP-07 of 2024`."""
        match = _WORDS.match(text)
        told = _qualified(text[match.end() :]) if match else frozenset()
        if not match or not told:
            return None
        others = self.leading.get(plain(match[0]), set()) - {by}
        agreeing = {path for path in others if _agree(told, self.numbers[path])}
        return _as_one(agreeing) if agreeing else None

    def _goes_on(self, rest: str, length: int, by: str) -> bool:
        """Return whether a name goes on after these many words of it: `Travel Policy for Contractors`."""
        if _ENDS.match(rest) or _qualified(rest):
            return False
        further = re.match(_NEXT, rest)
        if length == 1 or further is None:
            return True
        named = self.find(rest[further.end() :], by=by)
        return not (named.paths or named.rivals)


def _spellings(path: str, tokens: tuple[str, ...]) -> Iterator[_Title]:
    if tokens:
        yield _Title(path=path, tokens=tokens)
    words = tuple(word for word in tokens if not _NUMBER.fullmatch(word))
    if len(words) > 1 and len(words) == len(tokens) - 1:
        yield _Title(path=path, tokens=words, numbers=_numbers(" ".join(tokens)))


def _agree(told: frozenset[str], own: frozenset[str]) -> bool:
    """Return whether numbers mean the same; where both tell a year, it is the year that counts."""
    years = [{number for number in one if len(number) == _YEAR} for one in (told, own)]
    return not years[0].isdisjoint(years[1]) if all(years) else not told.isdisjoint(own)


def _as_one(paths: set[str]) -> Named:
    """Return the paths as one document where they have one name in one folder: `a.pdf` and `a.docx`."""
    if len({PurePosixPath(path).parent / PurePosixPath(path).stem for path in paths}) <= 1:
        return Named(paths=frozenset(paths))
    return Named(rivals=frozenset(paths))


def plain(name: str) -> str:
    """Return a name as it is compared."""
    return " ".join(name.casefold().replace("_", " ").split()).strip(" .\"'`")


def _own_names(path: str, metadata: Metadata, keys: tuple[str, ...]) -> Iterator[str]:
    name = PurePosixPath(path)
    yield from (path, name.name, name.stem, metadata.title, metadata.number)
    about = f"{plain(name.stem)} {plain(metadata.title)}"
    for key in keys:
        for value in metadata.keys.get(key, ()):
            if _stands_in(plain(value), about):
                yield value


def _leading_numbers(path: str, metadata: Metadata) -> Iterator[str]:
    """Yield every start of file name and title, up to a dash or blank, that reads like a number.

    `sb-2022-03-relief-valve` begins with `sb-2022-03`, and with `sb-2022`, which other documents do too.
    """
    for name in {plain(PurePosixPath(path).stem), plain(metadata.title)}:
        ends = (match.start() for match in _BREAKS.finditer(name))
        yield from {name[:end] for end in ends if _is_number(name[:end])}


def _is_number(name: str) -> bool:
    return " " not in name and any(map(str.isdigit, name)) and any(map(str.isalpha, name))


def _tokens(name: str) -> tuple[str, ...]:
    words = (match[0].casefold() for match in _TOKENS.finditer(name.replace("_", " ")))
    return tuple(word for word in words if word not in _SMALL)


def _numbers(name: str) -> frozenset[str]:
    """Return the numbers that stand alone or as a version: `v3`, `2022`, `Rev. 2.1`."""
    matches = (_NUMBER.fullmatch(word) for word in re.findall(r"[\w.]+", name.replace("_", " ")))
    return frozenset(match[1].rstrip(".").lstrip("0") for match in matches if match)


def _qualified(rest: str) -> frozenset[str]:
    """Return the numbers by which a reference says which of several it means: `of 2022`, `(version 3)`."""
    told = re.match(
        rf"{_QUALIFIERS.pattern}((?:v\.?)?\d[\d.]*)(?:\W+{_QUALIFIERS.pattern}(\d[\d.]*))?",
        rest,
        re.IGNORECASE,
    )
    return _numbers(told[0]) if told else frozenset()


def _likeness(said: str, name: str) -> float:
    other = " ".join(_tokens(name.replace("-", " ")))
    head = " ".join(said.split()[: len(other.split())])
    return max(difflib.SequenceMatcher(None, text, other).ratio() for text in (said, head))


def _stands_in(value: str, text: str) -> bool:
    return bool(value) and re.search(rf"(?<!\w){re.escape(value)}(?!\w)", text) is not None
