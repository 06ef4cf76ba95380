"""What small words say in each language: that something is not so, how strictly, and what is its opposite."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from holdfast.text.languages import small_words_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Tongue:
    """How one language is read where a claim is held against a passage."""

    code: str
    small: frozenset[str]
    """Function words beside the English ones."""
    negation: re.Pattern[str]
    strength: re.Pattern[str]
    """Words that bind or bound: `must`, `höchstens`."""
    opposites: tuple[tuple[str, str], ...]
    """Each pair in both orders."""
    has_names: bool = True
    """Whether capital letters tell names: German writes every noun with one."""


@cache
def tongue_of(language: str) -> Tongue:
    """Return how an ISO 639-1 language is read; as English where it is empty or not known."""
    code = language if language in _NEGATION else "en"
    negation, strength = _NEGATION[code], _STRENGTH[code]
    return Tongue(
        code=code,
        small=small_words_of(code),
        negation=re.compile(
            rf"\b(?:{negation})\b" + (r"|n['\u2019]t\b" if code == "en" else ""), re.IGNORECASE
        ),
        strength=re.compile(rf"\b(?:{strength})\b", re.IGNORECASE),
        opposites=_pairs(_OPPOSITES[code]),
        has_names=code != "de",
    )


_NEGATION: Mapping[str, str] = {
    "en": r"(?:not|no|never|none|neither|nor|without|cannot|nobody|nothing|unable|fail(?:s|ed)? to|lacks?)\b"
    r"|\w+n['\u2019]t\b",
    "de": r"nicht|kein(?:e[mnrs]?)?|nie|niemals|niemand|nichts|weder|ohne|nein|verboten|untersagt",
    "fr": r"ne|n['\u2019]\w+|pas|jamais|aucune?|rien|personne|sans|ni|non|interdite?s?",
    "es": r"no|nunca|jamás|ningun[oa]?|ningún|nada|nadie|sin|ni|prohibid[oa]s?",
    "it": r"non|no|mai|nessun[oa]?|niente|nulla|senza|né|vietat[oaie]",
    "nl": r"niet|geen|nooit|niemand|niets|zonder|noch|nee|verboden",
}
_STRENGTH: Mapping[str, str] = {
    "en": r"all|every|only|always|never|must|may|might|could|should|most|some|few|first|last|best|largest"
    r"|at least|at most|up to|more than|less than|exactly|about|before|after|until|since",
    "de": r"alle[mnrs]?|jede[mnrs]?|nur|immer|nie|muss|müssen|darf|dürfen|kann|können|soll|sollte|meist"
    r"|einige|wenige|erste[mnrs]?|letzte[mnrs]?|mindestens|höchstens|maximal|bis zu|mehr als|weniger als"
    r"|genau|etwa|rund|vor|nach|bis|seit|ab",
    "fr": r"tous|toutes|chaque|seulement|uniquement|toujours|jamais|doit|doivent|peut|peuvent|pourrait"
    r"|devrait|certains?|quelques|premi(?:er|ère)|derni(?:er|ère)|au moins|au plus|maximum|minimum"
    r"|jusqu['\u2019]à|plus de|moins de|exactement|environ|avant|après|depuis",
    "es": r"todos|todas|cada|sólo|solamente|siempre|nunca|debe|deben|puede|pueden|algunos?|primer[oa]?"
    r"|últim[oa]|al menos|como máximo|hasta|más de|menos de|exactamente|antes|después|desde",
    "it": r"tutti|tutte|ogni|solo|soltanto|sempre|mai|deve|devono|può|possono|alcuni|prim[oa]|ultim[oa]"
    r"|almeno|al massimo|fino a|più di|meno di|esattamente|circa|prima|dopo|dal",
    "nl": r"alle|elke|ieder|alleen|altijd|nooit|moet|moeten|mag|mogen|kan|kunnen|sommige|eerste|laatste"
    r"|minstens|ten minste|hoogstens|maximaal|tot|meer dan|minder dan|precies|ongeveer|voor|na|sinds|vanaf",
}
_OPPOSITES: Mapping[str, str] = {
    "en": """
    increase decrease, rise fall, rose fell, higher lower, more less, above below, before after, open closed
    maximum minimum, largest smallest, opens closes, allowed forbidden, required optional, include exclude
    included excluded, accept reject, accepted rejected, positive negative, profit loss, gain lose, won lost
    buy sell, first last, oldest newest, early late, start end, begin end, begins ends, north south, east west
    left right, hot cold, clockwise counterclockwise, approved rejected, success failure, succeed fail
    possible impossible, legal illegal, new old, internal external, public private, upper lower, male female
    father mother, son daughter, brother sister, husband wife, strong weak, high low, long short, fast slow
    wet dry, tighten loosen, connect disconnect, enable disable, enabled disabled, active inactive
    free charged, agree disagree, like dislike, love hate, support oppose, improve worsen, expand shrink
    """,
    "de": """
    steigt sinkt, stieg sank, höher niedriger, mehr weniger, über unter, vor nach, offen geschlossen
    mindestens höchstens, größte kleinste, öffnet schließt, erlaubt verboten, zulässig unzulässig
    gestattet untersagt, inklusive exklusive, positiv negativ, gewinn verlust, erste letzte, früh spät
    beginnt endet, nord süd, links rechts, heiß kalt, genehmigt abgelehnt, möglich unmöglich, neu alt
    intern extern, obere untere, stark schwach, hoch niedrig, lang kurz, schnell langsam, nass trocken
    anziehen lösen, aktiv inaktiv, kostenlos kostenpflichtig, mit ohne
    """,
    "fr": """
    augmente baisse, supérieur inférieur, avant après, ouvert fermé, maximum minimum, autorisé interdit
    obligatoire facultatif, inclus exclu, accepté refusé, positif négatif, premier dernier, tôt tard
    début fin, nord sud, gauche droite, chaud froid, possible impossible, nouveau ancien, interne externe
    haut bas, long court, rapide lent, mouillé sec, serrer desserrer, actif inactif, gratuit payant, avec sans
    """,
    "es": """
    sube baja, superior inferior, antes después, abierto cerrado, máximo mínimo, permitido prohibido
    obligatorio opcional, incluido excluido, aceptado rechazado, primero último, posible imposible
    interno externo, alto bajo, largo corto, gratis pago, con sin
    """,
    "it": """
    sale scende, superiore inferiore, prima dopo, aperto chiuso, massimo minimo, permesso vietato
    obbligatorio facoltativo, incluso escluso, accettato rifiutato, primo ultimo, possibile impossibile
    interno esterno, alto basso, lungo corto, con senza
    """,
    "nl": """
    stijgt daalt, hoger lager, meer minder, boven onder, voor na, open gesloten, minstens hoogstens
    toegestaan verboden, verplicht optioneel, inclusief exclusief, eerste laatste, mogelijk onmogelijk
    intern extern, hoog laag, lang kort, snel langzaam, gratis betaald, met zonder
    """,
}


def _pairs(listed: str) -> tuple[tuple[str, str], ...]:
    return tuple(
        pair
        for entry in re.split(r"[,\n]", listed.strip())
        for one, other in [entry.split()]
        for pair in ((one, other), (other, one))
    )


ENGLISH = tongue_of("en")
