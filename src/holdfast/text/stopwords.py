"""Words of a question that say nothing about its subject, by language.

Dropped from queries only: a query of nothing else keeps them, and the chunks keep theirs. Measured
on five sets (docs/measurements.md): +.07 nDCG@10 on product documentation, +.12 on long customer
scenarios, nowhere worse than -.002. Negations (`not`, `no`, `without`) carry meaning and stay.
"""

from __future__ import annotations

_LISTS = {
    "en": """a an and any are as at be been being but by can could did do does for from had has have how i if
        in into is it its me my of on or our please s should so some t than that the their them then there
        these they this those to us was we were what when where which who whom whose why will with would
        you your""",
    "de": """aber als am an auch auf aus bei bin bis bitte da damit das dass dem den denn der des die dies
        diese diesem diesen dieser dieses doch du durch ein eine einem einen einer eines er es für habe hat
        haben hatte hatten ich ihr ihre im in ist ja kann können man mein meine mich mir mit muss müssen nach
        noch nun nur ob oder sein seine sich sie sind so soll über um und uns unser unter viel viele vom von
        vor wann war waren warum was welche welchem welchen welcher welches wem wen wenn wer werden wie
        wieviel wieviele wir wird wo woher wohin wurde wurden zu zum zur""",
    "fr": """a à ai au aux avec ce ces cet cette comment d dans de des du elle en est et eu il ils j je l la
        le les leur lui ma mais me mes moi mon nos notre nous on ont ou où par pas pour pourquoi qu quand que
        quel quelle quelles quels qui quoi sa se ses si son sont sur ta te tes toi ton tu un une vos votre
        vous y""",
    "es": """a al como cómo con cual cuál cuando cuándo de del donde dónde el ella ellas ellos en es esta este
        esto fue ha hay la las le les lo los me mi mis o para pero por porque que qué quien quién se si su
        sus te tu un una y yo""",
    "it": """a al alla che chi come con da dal dei del della di dove e è gli ha ho i il in io la le lo ma mi
        nei nel nella per perché più quale quali quando quanto questa questo se si sono su sul un una uno""",
    "nl": """aan als bij dat de deze die dit door een en er heb hebben heeft het hij hoe ik in is kan maar me
        met mijn naar nog of om onze op over te u uit van voor waar waarom wanneer wat we welke wie wij
        worden wordt zal ze zich zijn""",
}

STOP_WORDS: dict[str, frozenset[str]] = {code: frozenset(words.split()) for code, words in _LISTS.items()}
"""Language code to words in lower case; a language that is missing drops nothing."""
