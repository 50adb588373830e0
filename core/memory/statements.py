"""What plain sentences say of their writer: names, home, work, birthdays, allergies, tastes, family. Precise rather than
many: whoever asks, quotes, supposes or pastes says nothing of themselves here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from core.language.detect import detect
from core.memory import statements_chinese
from core.memory.reading import LONGEST_READ, Way, english_key, possessive, read
from core.store.memory import Fact, Statement

_FOREIGN = re.compile(
    r"\s*(?:(?:please|can you|could you|help me)\s+)*(?:translat|rewrit|rephras|correct|proofread|fix|improve|summar|write|"
    r"paraphras|say\b|repeat|draft|compose|complet|continue|pretend|imagine|suppose|act as|role-?play|let's|spell|edit|"
    r"how (?:do|would|can|to)|请?(?:帮我)?(?:把|将)?(?:以下|这句|这段|下面)?(?:翻译|改写|润色|修改|续写|写|总结|朗读|假装|假设|想象|扮演))",
    re.IGNORECASE,
)
"""What follows is somebody's text, not theirs."""
_SENTENCE = re.compile(r"(?:[^.!?;\n]|(?<=\b[A-Z])\.|(?<=\bDr|\bSt|\bMr|\bMs)\.|(?<=\bMrs)\.|\.(?=\S))+[.!?;]*")
_CLAUSE = re.compile(
    r"\s*,?\s+(?:and|but|so|while)\s+(?=(?:i|my)\b)|(?<!\bhi)(?<!\bhey)(?<!\bhello)(?<!there)\s*[,:–—]\s+(?=(?:i|my)\b)|\s+[-–—]\s+",
    re.I,
)
_NOT_PLAIN = re.compile(
    r"\s*(?:if|when|whenever|unless|suppose|imagine|assum|pretend|what|who|why|how|where|do|does|did|is|are|am|can|could|would|"
    r"should|will|maybe|perhaps|he|she|they|it|[a-z]+ (?:says?|said|asked|wrote|thinks?)\b|>|\"|“)(?![a-z'’]*\s+(?:up|to sum)\b)",
    re.I,
)
_LEAD = (
    r"(?:(?:well|so|yes|yeah|no|ok(?:ay)?|btw|by the way|actually|hi|hello|hey(?: there)?|oh|and|but|also|fyi|note that|i mean|"
    r"just so you know|for your information|good (?:morning|evening|afternoon)|thanks|thank you|sorry|remora)[,!:]?\s+)*"
)
_IM, _IVE = r"i(?:['’]?m| am)", r"i(?:['’]ve| have)?"
_NOW = r"(?: (?:now|currently|still|also|just|recently|actually|really|finally))*"
_NAME = r"(?-i:[A-Z][\w'’-]*(?: (?:[A-Z][\w'’.-]*|de|van|von|der|la)){0,3})"
_PLACE = r"(?P<v>(?!(?:fear|hope|pain|peace|sin|denial|a |an |the (?:moment|past|future|middle|same)|this|that|it\b|my\b|your|bed|constant)).{2,50}?)"
_TAIL = (
    r"(?:,? (?:with|since|for (?:a|the|\d|two|three|many|years)|because|now|at the moment|these days|last|this (?:week|month|year)|"
    r"in (?:january|february|march|april|may|june|july|august|september|october|november|december|\d{4})|"
    r"(?:a|an|two|three|\d+|some|few) .{1,20}ago|yesterday|recently|as well|too|so |and |but |where |which ).*)?"
)
_RELATIVE = (
    r"(?:ex-)?(?:wife|husband|partner|spouse|girlfriend|boyfriend|fianc[eé]e?|daughter|son|mother|mum|mom|father|dad|sister|brother|"
    r"grandmother|grandma|grandfather|grandpa|aunt|uncle|cousin|niece|nephew|kid|child|baby|best friend|roommate|flatmate|boss|"
    r"manager|doctor|dentist|teacher|therapist|dog|cat|puppy|kitten|rabbit|hamster|parrot|horse|pet)"
)
_ELDER = r"(?:(?:old|young|eld)(?:er|est) |little |big |first |second )?"
_JOB = (
    r"(?:(?:[a-z-]+ ){0,2}(?:teacher|nurse|doctor|engineer|developer|programmer|designer|student|lawyer|accountant|architect|"
    r"journalist|writer|chef|cook|waiter|waitress|driver|pilot|electrician|plumber|carpenter|mechanic|farmer|scientist|researcher|"
    r"professor|dentist|pharmacist|musician|painter|photographer|translator|librarian|manager|consultant|analyst|economist|"
    r"secretary|salesman|saleswoman|cashier|baker|butcher|firefighter|policeman|policewoman|paramedic|psychologist|therapist|"
    r"freelancer|retiree|tailor|hairdresser|vet|veterinarian|biologist|chemist|physicist|mathematician))"
)
_TRAIT = {
    "diet": r"vegetarian|vegan|pescatarian|lactose[- ]intolerant|gluten[- ]intolerant|halal|kosher",
    "condition": r"diabetic|asthmatic|c(?:o)?eliac|colou?r[- ]?blind|deaf|blind|dyslexic|epileptic",
    "handedness": r"left-handed|right-handed", "marital status": r"married|single|divorced|widowed|engaged",
}  # fmt: skip
_OWN = (
    r"(?:(?:mobile |cell |tele|home |work )?phone number|mobile number|e-?mail(?: address)?|(?:home |postal )?address|blood type|"
    r"blood group|shoe size|height|weight|hobby|hobbies|hometown|home town|native language|mother tongue|nationality|"
    r"star sign|(?:wedding )?anniversary|pronouns|timezone|license plate|car)"
)
_LIKED = (
    r"(?P<v>(?!(?:it|this|that|these|those|you|your|him|her|them|how|what|when|where|why|who|the|a|an|my|to (?!cook|read|swim|run|"
    r"travel|dance|sing|paint|draw|hike|play|garden|bake|ski|climb|write|fish|knit|sail|walk|cycle)|being|having|working with you|"
    r"one|all|some|both|talking|where|everything|nothing|so|very|us|me|if|idea)\b)[^,.;:!?]{2,40}?)"
)
_MORE = r"(?: (?:very much|a lot|so much|too|as well|the most|most|more than anything|again|now|most of all))*"
_LIKES, _HATES = r"like|love|enjoy|adore|prefer", r"hate|dislike|loathe|detest|(?:don['’]?t|do not) (?:really )?(?:like|enjoy)|can['’]?t stand"  # fmt: skip
_NO_MORE = r"(?: any ?more| any longer| now)?"

_WAYS: tuple[Way, ...] = tuple(
    Way(re.compile(f"{_LEAD}(?:{pattern})[ .!]*", re.IGNORECASE), key, value)
    for pattern, key, value in (
        (r"(?:my (?:full |first )?name(?: is|['’]s)|the name['’]s|i go by|i(?:['’]m| am) called|people call me) (?P<v>[^\W\d_][\w'’-]*(?: [^\W\d_][\w'’.-]*){0,3}?)", "name", ""),
        (rf"(?:please |you can |just )?call me (?P<v>{_NAME})", "name", ""),
        (rf"(?:hi|hello|hey)(?: there)?[,!.]? {_IM} (?P<v>{_NAME})", "name", ""),
        (rf"(?:i{_NOW} live|{_IM}{_NOW} (?:living|based)|{_IVE}{_NOW} (?:moved|relocated)(?: house)?|{_IVE}{_NOW} settled) (?:in|to) {_PLACE}{_TAIL}", "home", ""),
        (rf"i (?:don['’]?t|do not|no longer) live in {_PLACE}{_NO_MORE}", "home", "-"),
        (rf"(?:i (?:come|am originally) from|{_IM} (?:originally )?from|i was born (?:and raised )?in|i grew up in) (?P<v>(?-i:[A-Z]).{{1,40}}?){_TAIL}", "origin", ""),
        (rf"(?:i{_NOW} work|{_IM}{_NOW} (?:working|employed)|{_IVE}{_NOW} started(?: working| a (?:new )?job)?) (?:at|for|by) (?P<v>(?!(?:home|night|the (?:moment|weekend|office|same)|weekends|it|this|that|you|now|least|my)\b).{{2,50}}?){_TAIL}", "work", ""),
        (rf"i (?:don['’]?t|do not|no longer) work (?:at|for) (?P<v>.{{2,50}}?){_NO_MORE}|i(?:['’]ve| have)?{_NOW} (?:quit|lost|left) my job{_TAIL}", "work", "-"),
        (rf"(?:i{_NOW} work as|my (?:job|profession|occupation) is(?: being)?|i make a living as) (?:an? )?(?P<v>.{{2,40}}?){_TAIL}", "job", ""),
        (rf"{_IM}{_NOW} (?:an? )(?P<v>{_JOB})(?: (?:at|in|for|by) .{{1,40}})?", "job", ""),
        (r"(?:my birthday(?: is|['’]s)(?: on)?|i was born on) (?P<v>(?=.*\d|.*(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|christmas|halloween)).{3,40}?)", "birthday", ""),
        (rf"{_IM}{_NOW} (?P<v>\d{{1,3}})(?: years? old)", "age", ""),
        (rf"{_IM}{_NOW}(?: \w+ly)? allergic to (?P<items>(?!you|it|this|that|work|mondays)[^.;!?]{{2,80}}?)(?: though| as well| too)?", "allergy {}", "allergic"),
        (r"i have an? (?P<items>[a-z]{3,20}) allergy", "allergy {}", "allergic"),
        (rf"{_IM} (?:not|no longer) allergic to (?P<items>[^.;!?]{{2,40}}?){_NO_MORE}", "allergy {}", "-"),
        (rf"i{_NOW}(?: absolutely| also| quite| especially)* (?:{_LIKES}) {_LIKED}{_MORE}", "taste {}", "likes"),
        (rf"i{_NOW}(?: absolutely| also)* (?:{_HATES}) {_LIKED}{_MORE}{_NO_MORE}", "taste {}", "dislikes"),
        (r"my (?:all-time )?favou?rite (?P<k>[a-z]+(?: [a-z]+)?) (?:is|are) (?P<v>[^,;!?]{2,60}?)", "favourite {}", ""),
        (rf"my (?P<k>{_ELDER}{_RELATIVE})(?:['’]s name(?: is|['’]s)|(?: is|['’]s)(?: called| named)) (?P<v>(?!the|an?\b)[^\W\d_][^,;!?]{{0,40}}?)", "{}'s name", ""),
        (rf"my (?P<k>{_ELDER}{_RELATIVE}) is (?P<v>{_NAME})", "{}'s name", ""),
        (rf"i have (?:an? )(?P<k>{_ELDER}{_RELATIVE}) (?:called|named) (?P<v>[^\W\d_][^,;!?]{{0,40}}?)", "{}'s name", ""),
        (rf"my (?P<k>{_ELDER}{_RELATIVE})(?: is|['’]s) (?P<v>\d{{1,3}})(?: years? old)?", "{}'s age", ""),
        (rf"my (?P<k>{_ELDER}{_RELATIVE})(?:,? {_NAME},?)?{_NOW} (?:lives|is living|moved) (?:in|to) {_PLACE}{_TAIL}", "{}'s home", ""),
        (rf"my (?P<k>{_ELDER}{_RELATIVE})(?:,? {_NAME},?)?{_NOW} works (?:at|for|in|as an?) (?P<v>.{{2,50}}?){_TAIL}", "{}'s work", ""),
        (rf"my (?P<k>{_ELDER}{_RELATIVE})(?:,? {_NAME},?)? is{_NOW} allergic to (?P<v>.{{2,60}}?){_TAIL}", "{}'s allergy", ""),
        (rf"my (?P<k>{_ELDER}{_RELATIVE}['’]s (?:birthday|(?:mobile |phone )?number|job|favou?rite [a-z]+|e-?mail)) is (?:on )?(?P<v>[^,;!?]{{2,50}}?)", "{}", ""),
        (r"i have (?P<v>two|three|four|five|six|\d{1,2}|no) (?P<k>kids|children|sons|daughters|cats|dogs|brothers|sisters|siblings|grandchildren)", "{}", ""),
        (r"i speak (?P<v>(?-i:[A-Z])[a-z]+(?:(?:,? and |, )(?-i:[A-Z])[a-z]+)*)(?: fluently)?", "languages", ""),
        (rf"my (?P<k>{_OWN}) (?:is|are)(?: on)? (?P<v>(?!not|too|very|so|really|broken|dead|gone|in |at |the (?:same|problem)|getting)[^;!?]{{2,80}}?)", "{}", ""),
        *((rf"{_IM}{_NOW}(?: an?)? (?P<v>{words})", key, "") for key, words in _TRAIT.items()),
        *((rf"{_IM} (?:not|no longer)(?: an?)? (?P<v>{words}){_NO_MORE}", key, "-") for key, words in _TRAIT.items()),
    )
)  # fmt: skip
_GENERAL = re.compile(
    r"(?:my|our|the) (?P<k>[^,.;:!?]{2,60}?) (?:is|are|was|were)(?: called| named| on)? (?P<v>.{1,900}?)[ .!]*", re.I
)


def statements(text: str) -> list[Statement]:
    """What a message says of its writer in passing."""
    if len(text) > LONGEST_READ or _FOREIGN.match(text):
        return []
    if detect(text) == "zh":
        return statements_chinese.statements(text)
    return [found for clause in _clauses(possessive(text)) for found in read(clause, _WAYS, _items)]


def told(text: str) -> list[Statement]:
    """What somebody wants to have remembered: what it says of them, else the whole as a note."""
    found = statements(text)
    if found and (detect(text) == "zh" or len(found) >= len(list(_clauses(text)))):
        return found
    if general := _GENERAL.fullmatch(text):
        return [Statement(english_key(general["k"]), general["v"].strip(), text, text)]
    return statements_chinese.general(text) or [Statement("", text, text, text)]


def corrected(fact: Fact, text: str) -> Statement:
    """What a fact says with other words: about the same, unless these say plainly what they are about."""
    said = [one for one in told(text) if one.key and one.value]
    return said[0] if len(said) == 1 else Statement(fact.key, text, text)


def _clauses(text: str) -> Iterator[str]:
    for sentence in _SENTENCE.findall(text):
        if not _NOT_PLAIN.match(sentence) and not sentence.rstrip().endswith("?"):
            yield from (clause.strip(" ,;") for clause in _CLAUSE.split(sentence))


def _items(said: str) -> list[str]:
    return [part.strip() for part in re.split(r",? and |, | or ", said) if part.strip()]
