"""Whether an action is a change, or only more data: "deeds not words"."""

from __future__ import annotations

import re

#: What may come before the verb and changes nothing.
_BEFORE = re.compile(
    r"^(?:(?:we|the (?:board|trust|committee|executive)|they|it|and|then|also|will|shall|should|to|"
    r"continue(?: to)?|continued|ongoing|begin(?: to)?|start(?: to)?|keep(?: on)?|regularly|routinely|"
    r"annually|quarterly|monthly|weekly|better|further|more|additional|improved|regular|routine|annual|"
    r"closely|carefully|robustly|an?|the|all|our|its)\b[\s,]*)+"
)

#: To do this is to know more, whatever it is done to.
_KNOWING = re.compile(
    r"^(?:collect(?:ing|ion|ed)?|gather(?:ing|ed)?|monitor(?:ing|ed)?|analys(?:e|es|ing|is)|analyz(?:e|ing)|"
    r"report(?:ing|s|ed)?|track(?:ing)?|measur(?:e|ing|ement)|survey(?:ing|s)?|audit(?:ing|s)?|"
    r"benchmark(?:ing)?|explor(?:e|ing)|understand(?:ing)?|investigat(?:e|ing) (?:the )?(?:reasons?|causes?|why|data)|"
    r"look(?:ing)? (?:into|at)|examin(?:e|ing)|assess(?:ing)?|evaluat(?:e|ing)|deep[- ]dive|research|"
    r"observ(?:e|ing)|record(?:ing)?|count(?:ing)?|stud(?:y|ying)|discuss(?:ing)?|not(?:e|ing)|receiv(?:e|ing)|"
    r"consider(?:ing)?|scrutinis(?:e|ing)|data|dashboards?|scorecards?|metrics|focus groups?|listening|"
    r"mak(?:e|ing) recommendations)\b"
)

_DATA = (
    r"(?:data|dashboards?|scorecards?|metrics?|figures|statistics|numbers|reports?|reporting|analysis|analyses|"
    r"audits?|surveys?|questionnaires?|monitoring|benchmarking|information|evidence|trends?|results|findings|"
    r"themes|feedback|returns?|wres|declaration rates?|deep[- ]dives?|focus groups?|listening (?:exercises?|events?)|"
    r"recommendations|indicators?|progress|performance|outcomes|needs assessments?|research|stud(?:y|ies)|reviews?)"
)

#: A verb that is an action or not by its object: to review data is none, to review each case
#: before it may go on is one. Up to five words may be between.
_DONE_TO_DATA = re.compile(
    r"^(?:review(?:ing|s)?|publish(?:ing)?|produc(?:e|ing)|creat(?:e|ing)|build(?:ing)?|develop(?:ing)?|"
    r"design(?:ing)?|commission(?:ing)?|present(?:ing)?|shar(?:e|ing)|establish(?:ing)?|set(?:ting)? up|"
    r"introduc(?:e|ing)|launch(?:ing)?|undertak(?:e|ing)|carry(?:ing)? out|conduct(?:ing)?|complet(?:e|ing)|"
    r"provid(?:e|ing)|improv(?:e|ing)|increas(?:e|ing)|draw(?:ing)? up|run(?:ning)?|hold(?:ing)?|"
    r"prepar(?:e|ing)|submit(?:ting)?|writ(?:e|ing)|circulat(?:e|ing)|refresh(?:ing)?|updat(?:e|ing)|us(?:e|ing)|"
    r"implement(?:ing)?|extend(?:ing)?|strengthen(?:ing)?|get(?:ting)?|seek(?:ing)?|obtain(?:ing)?|"
    r"oversee(?:ing)?|do(?:ing)?|perform(?:ing)?|have|having|ensur(?:e|ing)|agree(?:ing)?)\s+"
    r"(?:(?!(?:so|that|before|until|unless|which|who|by|with|for|of|on|to|in|from)\b)[\w'’/&-]+\s+){0,5}?"
    + _DATA
    + r"\b(?![-–]|\s+(?:panels?|boards?|meetings?|groups?|stages?|steps?|teams?|lines?|systems? that|times?|targets?))"
)
_REVIEW_IN_GENERAL = re.compile(r"^review(?:ing|s)?(?:\s+(?:of|into))?\s*$")
_REVIEW_NOUN = re.compile(r"^reviews?\s+(?:of|into)\b")

#: Where one clause ends: "and" may go on with a new action, or with another object of the first.
_CLAUSES = re.compile(r"[.;:!?]+\s*|,?\s+(?:and then|then|and|&)\s+|,\s+")

#: Verbs that begin a new action. Words that are nouns as well ("pay", "offer") are left out: "recruitment
#: and pay gap data" is no action.
_IS_A_DEED = re.compile(
    r"^(?:abolish|act|adopt|appoint|apply|assign|automate|ban|bring|change(?! over| in)|close|correct|decide|"
    r"delegate|dismiss|end|enforce|exclude|extend|fill|fix|fund|give|guarantee|halve|hire|hold|implement|"
    r"intervene|introduce|invite|lower|make|mediate|move|open|overturn|pair|promote|protect|put|raise|rebuild|"
    r"recruit|redesign|reduce|refuse|remove|replace|require|reserve|rewrite|ring-?fence|rotate|set|simplify|"
    r"spend|start|stop|suspend|swap|take|teach|train|translate|withdraw|withhold)\s+\w"
)


def is_only_data(what: str) -> bool:
    """Whether an action's words are gathering, watching or reporting data, and no change.

    Parameters
    ----------
    what : str
        The action, in English.

    Returns
    -------
    bool

    Notes
    -----
    Words are all that can be checked: the first clause must be an action, or a later one begin with a
    verb that is one. Where this is in doubt the action is let through; a board sees it anyway.

    Examples
    --------
    >>> is_only_data("Monitor recruitment by ethnic group and report to the board each quarter")
    True
    >>> is_only_data("Review each case with a panel that can stop it, before it becomes formal")
    False
    """
    clauses = [clause for clause in _CLAUSES.split(" ".join(what.lower().split())) if clause]
    if not clauses:
        return True
    first, *others = (_BEFORE.sub("", clause).strip(" \"'“”‘’-–—") for clause in clauses)
    if not _knows_only(first):
        return False
    return not any(_IS_A_DEED.match(clause) and not _knows_only(clause) for clause in others)


def _knows_only(clause: str) -> bool:
    return not clause or any(
        pattern.match(clause) for pattern in (_KNOWING, _DONE_TO_DATA, _REVIEW_IN_GENERAL, _REVIEW_NOUN)
    )
