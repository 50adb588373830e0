"""How requests about reminders are put in English. Each pattern is matched against a whole short sentence."""

from __future__ import annotations

import re

_POLITE = (
    r"(?:(?:please|pls|plz|hey|hi|ok(?:ay)?|no|nope|actually|sorry|well|so|and|then|oh|wait|now|just|remora)[,.!]*\s+"
    r"|(?:can|could|would|will) (?:you|u) (?:please )?|can i (?:please )?|i(?:'d| would) like (?:you )?to |i (?:want|need) (?:you )?to "
    r"|i wanna |let's |go ahead and |help me (?:to )?){0,4}"
)
_END = r"(?:[, ]+(?:please|pls|plz|for me|for now|now|instead|thanks|thank you|thx|then|ok|okay|will you)){0,3} ?[?.! ]{0,4}"
_NOUN = r"(?P<noun{n}>(?P<plural{n}>reminders|alarms|alerts)|reminder|alarm|alert)"
_NUMBER = r"(?:number |no\.? ?|nr\.? ?|# ?)?(?P<number{n}>\d{{1,4}})"
_PRONOUN = (
    r"(?P<it{n}>it|that|this|that one|this one|the (?:last|latest|previous) (?:one|reminder|alarm)|the last"
    r"|the (?:one|reminder) (?:i|you|we) just (?:set|made|added|did)|my last reminder)"
)
_EVERYTHING = r"(?P<all{n}>everything|all of them|them all|all|them)"
_ORDINAL = r"the (?P<ordinal{n}>first|second|third|fourth|fifth) (?:one|reminder|alarm)"
_ABOUT = r"(?:about|for|to|called|named|with|of|on|saying|that says)"
_ABOUT_MOVED = r"(?:about|called|named|with|of|saying|that says)"
LENGTH = (
    r"(?P<length{n}>(?:about |another |an extra )?(?:an?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|thirty|forty"
    r"|forty-five|sixty|ninety|half an?|a half|a quarter of an|three quarters of an|a couple(?: of)?|a few|\d{{1,4}}(?:\.\d)?)(?: and a half)?[ -]?"
    r"(?:seconds?|secs?|minutes?|mins?|m|hours?|hrs?|h|days?|d|weeks?|wks?|w|months?|years?)(?: and a half)?(?:(?:,? and |,? )?\d{{1,3}} ?(?:minutes?|mins?|m))?)"
)


def _target(n: int, about: str = _ABOUT) -> str:
    """Which reminder: "reminder 2", "the dentist reminder", "it", "all of them"."""
    named = (
        rf"(?:(?:the|my|that|this) )?{_NOUN} {_NUMBER}"
        rf"|(?:(?P<all{{n}}1>all(?: of)?|every|each|both) )?(?:(?:my|the|that|this|these|those|our|your) ){{{{0,2}}}}"
        rf"(?:(?P<about{{n}}>[^\n]{{{{1,60}}}}?) )?{_NOUN.replace('{n}', '{n}2')}(?: {about} (?P<what{{n}}>[^\n]{{{{1,80}}}}?))?"
        rf"|{_NUMBER.replace('{n}', '{n}3')}|{_ORDINAL}|{_PRONOUN}|{_EVERYTHING}"
    )
    return f"(?:{named})".format(n=n)


def _pattern(*ways: str) -> re.Pattern[str]:
    return re.compile(rf"{_POLITE}(?:{'|'.join(ways)}){_END}", re.IGNORECASE)


_ANY = r"(?:all |any |of |every )*(?:my |the |our )?(?:current |upcoming |open |active |pending |next |existing )*(?:reminders|reminder list|alarms)"
_LIST = _pattern(
    rf"(?:what(?:'?s| are| is)|which(?: are)?|show(?: me)?|list|see|view|display|give me|tell me(?: about)?|check|get|read(?: me)?)? ?{_ANY}"
    r"(?: do i have| have i got| are there| are set| i have| i set| have you got| did i set)?(?: set| left| open| coming up| for me)?",
    r"(?:what|which) reminders (?:do i have|have i(?: got| set)?|did i set|are (?:there|set|active|open))(?: set| left| open| coming up)?",
    r"(?:do i have|have i got|are there) (?:any |some )?(?:reminders|alarms)(?: set| left| open| coming up)?",
    r"what (?:did i ask you to|are you going to|will you|have you got to|do you have to) remind me (?:of|about)",
)
_PLACE = r"(?:here|in (?:this|the) (?:channel|group|chat|thread|room)|of (?:this|the) (?:channel|group|chat))"
_HERE = _pattern(
    rf"(?:what(?:'?s| are)|which|show(?: me)?|list|see|tell me)? ?(?:all |any )?(?:the )?(?:reminders|alarms)(?: are)?(?: there)? {_PLACE}",
    r"(?:show(?: me)? |list |what are )?(?:the |this |our )?(?:channel|group|chat)(?:'s)? reminders",
)
_SEARCH = _pattern(
    r"(?:search|find|look for|show(?: me)?|list|what are|which)(?: for)? (?:(?:my|the|all|any|every) )*(?:reminders?|alarms?) (?:about|for|with|containing|called|on|mentioning) (?P<find1>.{1,80}?)",
    r"(?:search|find|look for)(?: for)? (?:my |the |all |any )*(?P<find2>.{1,60}?) reminders?",
    r"search (?:my |the )?reminders? (?P<find3>.{1,60}?)",
    r"(?:do i have|have i got|is there) (?:a |any )?reminders? (?:about|for|to) (?P<find4>.{1,60}?)",
)
_DAY = (
    r"(?P<day{n}>(?:today|tonight|tomorrow|tmrw|tmr|2moro|this|next|coming|the day|the \d|the weekend|mon|tue|wed|thu|fri|sat|sun"
    r"|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|\d)[\w' /.-]{{0,40}}?)"
)
_BOOK = r"(?:day|schedule|agenda|calendar|plans?|diary|week|morning|afternoon|evening|weekend)"
_SCHEDULE = _pattern(
    rf"(?:what(?:'?s| is| does| do| are)|show(?: me)?|tell me|give me|how(?:'s| is| does)|see|check) (?:on |in |up with )?(?:my|the) {_BOOK}(?: looks?| looking)?(?: like)?"
    rf"(?: (?:for |on |like )*{_DAY.format(n=1)})?(?: looks?| looking)?(?: like)?",
    rf"(?:my |show me )?(?:(?P<day2>today|tomorrow)'s )?(?:schedule|agenda)(?: (?:for |on )?{_DAY.format(n=3)})?",
    rf"what(?:'?s| is| have i got| do i have| do i got|'ve i got) (?:on|planned|scheduled|due|coming up|to do)(?: for| on)? {_DAY.format(n=4)}",
    rf"what (?:do i have|have i got|am i doing|must i do|do i need to do|do i have to do|should i do)(?: on| for)? {_DAY.format(n=5)}",
    rf"(?:do i have|have i got|is there)? ?(?:anything|something|any plans|plans|any appointments)(?: on| planned| scheduled| due| coming up)?(?: for| on)? {_DAY.format(n=6)}",
    rf"am i (?:free|busy)(?: on)? {_DAY.format(n=7)}",
    r"what(?:'?s| is) (?:on|planned|due) (?P<day8>today)",
)
_UNDO = _pattern(
    r"undo(?: (?:that|it|this|the last (?:change|one|thing)|my last (?:change|one)|last))?",
    r"(?:take|put) (?P<it1>that|it) back|revert (?P<it2>that|it)|bring (?P<it3>it|that|them) back",
)
_CANCEL = _pattern(
    rf"(?:cancel|delete|remove|drop|scrap|clear|erase|discard|get rid of|call off|stop|end) {_target(1)}(?: any ?more| altogether| completely)?",
    r"stop reminding me(?: (?:about|to|of) (?P<what8>.{1,80}?))?(?P<named1>(?: any ?more)?)",
    r"(?P<named2>(?:don't|do not|dont) remind me)(?: (?:about|of) (?P<what9>.{1,80}?))? any ?more",
    rf"(?:i )?(?:don't|do not|no longer|dont) need {_target(2)}(?: any ?more)?",
    r"no more reminders(?: (?:about|for) (?P<what7>.{1,80}?))?(?P<all7>)(?P<named3>)",
    r"forget (?:about )?(?:the|my) (?P<about7>.{1,60}?) (?P<noun7>reminder|alarm)",
    r"cancel",
)
_UNTIL = r" (?:until|till|til) (?P<how{n}>.{{1,60}}?)"
_FOR = r" (?:for (?P<how{n}>(?:\d|an? |one|two|three|four|five|six|seven|ten|half|the (?:rest|next|day|week)|today|this|tonight|tomorrow|next).{{0,50}}?)|(?P<how{n}1>today|tonight|this (?:week|weekend|month)|\d{{1,3}} ?(?:min|hour|day|week|month)[a-z]*))"
_REST = r"(?:pause|suspend|hold off(?: on)?|hold|freeze|disable|mute|turn off|switch off|put on hold)"
_AWAY = r"i(?:'m| am|m) (?:away|off|out|sick|travell?ing|on (?:vacation|holiday|leave|a trip))"
_NOT_ME = r"(?:don't|do not|dont|stop) remind(?:ing)? me"
_BEFORE = _UNTIL.replace("(?:until", "(?:before|until")
_PAUSE = _pattern(
    rf"(?:{_AWAY}[,;. ]+)?(?:{_REST}|stop|skip) {_target(3)}{_UNTIL.format(n=3)}",
    rf"{_AWAY}{_UNTIL.format(n=55)}[,;.] (?:so )?(?:please )?{_REST} {_target(55)}",
    rf"(?:{_NOT_ME}(?: (?:of|about) (?:anything|everything|it all))?|no (?:more )?reminders|snooze (?:all )?(?:of )?(?:my |the )?reminders)"
    rf"(?P<named12>)(?P<all12>)(?:{_BEFORE.format(n=12)}|{_FOR.format(n=13)})",
    rf"{_NOT_ME} (?:to|about|of) (?P<what14>.{{1,80}}?){_BEFORE.format(n=14)}",
    rf"{_REST} {_target(4, _ABOUT_MOVED)}{_FOR.format(n=4)}",
    rf"(?:pause|suspend)(?:{_UNTIL.format(n=5)}|{_FOR.format(n=6)})",
    rf"(?:put|turn|switch) {_target(7, _ABOUT_MOVED)} (?:on hold|off)(?:{_UNTIL.format(n=7)}|{_FOR.format(n=8)})",
    r"(?:please )?(?:(?:be|stay|keep) (?:quiet|silent)|(?:do not|don't|dont) (?:disturb|bother)(?: me)?|dnd|mute(?: yourself| everything| all)?"
    rf"|leave me alone|no reminders)(?P<named9>)(?P<all9>)(?:{_UNTIL.format(n=9)}|{_FOR.format(n=10)})",
    rf"{_REST} {_target(1)}",
    rf"(?:put|turn|switch) {_target(2)} (?:on hold|off)",
    r"pause",
)
_RESUME = _pattern(
    rf"(?:resume|unpause|un-pause|continue|restart|reactivate|re-?enable|enable|unmute|turn (?:back )?on|switch (?:back )?on) {_target(1)}(?: again)?",
    rf"(?:turn|switch) {_target(2)} (?:back )?on(?: again)?",
    r"resume|unpause",
)
_DONE = _pattern(
    r"(?:i'm |im |i am |all |it's |that's )?(?:done|finished)(?: with (?:it|that))?(?: already)?",
    r"(?:i )?(?:just |already )?(?:did (?:it|that)|have done (?:it|that)|finished (?:it|that))|i've (?:just |already )?done (?:it|that)",
    rf"(?:mark|tick|check) {_target(1)} (?:as )?(?:done|off|finished|complete|completed)|(?:complete|finish|tick off|check off) {_target(2)}",
    rf"{_target(3)} (?:is|are) (?:done|finished|completed)",
)
_SILENCE = _pattern(
    r"stop (?:nagging|bugging|pestering|bothering)(?: me)?(?P<named1>)|(?:be )?(?:quiet|silent)|silence|shut up"
)
_SNOOZE = _pattern(
    r"(?P<named1>snooze)(?: (?:for|by|until|till|til|to) ?(?P<how1>.{1,60}?))?",
    r"(?P<named4>snooze) (?P<how4>(?:\d|an? |half |one |two |tomorrow|tonight|later|noon|mon|tue|wed|thu|fri|sat|sun).{0,40}?)",
    rf"snooze {_target(1, _ABOUT_MOVED)}(?: (?:for|by|until|till|til|to|again for)? ?(?P<how5>.{{1,60}}?))?",
    r"(?:remind|ping|nudge|tell|ask|alert|wake) me again(?: (?P<how2>.{1,60}?))?",
    r"(?:remind|ping|nudge) me later",
    r"(?:again|once more) (?P<how3>(?:in|at|tomorrow|tonight|on|next|after) ?.{0,50}?)",
)
_BACK = r"(?:back|off|out)"
_AHEAD = r"(?:forward|forwards|up|ahead)"
_LATER = _pattern(
    rf"(?:postpone|delay|push|defer|put off|move|bump|shift|snooze|set back)(?: {_BACK})?(?: {_target(1, _ABOUT_MOVED)})?(?: {_BACK})? by {LENGTH.format(n=1)}(?: later)?",
    rf"(?:postpone|delay|push|defer|put off|bump)(?: {_BACK})?(?: {_target(2, _ABOUT_MOVED)})?(?: {_BACK})?(?: for)? {LENGTH.format(n=2)}(?: later)?",
    rf"(?:move|shift|put|set|push) (?:{_target(3, _ABOUT_MOVED)} )?{_BACK} {LENGTH.format(n=3)}",
    rf"(?:move|shift|make|change|put|set|push|reschedule|ring|remind me(?: of)?)(?: {_target(4, _ABOUT_MOVED)})?(?: for| to| by)? {LENGTH.format(n=4)} later",
    rf"{LENGTH.format(n=5)} later",
)
_EARLIER = _pattern(
    rf"(?:bring|move|push|shift|pull) (?:{_AHEAD} )?(?:{_target(1, _ABOUT_MOVED)} )?(?:{_AHEAD} )?(?:by )?{LENGTH.format(n=1)} (?:earlier|sooner|forward|ahead)",
    rf"(?:bring|move|push|shift|pull) {_AHEAD}(?: {_target(2, _ABOUT_MOVED)})?(?: by)? {LENGTH.format(n=2)}",
    rf"(?:bring|move|push|shift|pull) {_target(3, _ABOUT_MOVED)} {_AHEAD}(?: by)? {LENGTH.format(n=3)}",
    rf"(?:make|change|put|set|reschedule|remind me(?: of)?)(?: {_target(4, _ABOUT_MOVED)})?(?: for| to| by)? {LENGTH.format(n=4)} (?:earlier|sooner)",
    rf"{LENGTH.format(n=5)} (?:earlier|sooner)",
)
_BARE_TIME = r"(?:\d|tomorrow|tonight|today|next |noon|midnight|in |at |on |every |mon|tue|wed|thu|fri|sat|sun|half |quarter |the )"
_MOVE = _pattern(
    rf"(?:move|reschedule|shift|push|postpone|delay|bring|defer|put off|bump|pull)(?: {_target(1, _ABOUT_MOVED)})?(?: back| forward| up)? (?:to|for|until|till|til|at|on)(?: be(?: at)?)? (?P<how1>.{{1,80}}?)",
    rf"(?:move|reschedule|push|postpone|delay|defer|bring) {_target(2, _ABOUT_MOVED)}(?: (?:back|forward))?(?: (?P<how2>{_BARE_TIME}.{{0,70}}?))?",
)
_EDIT = _pattern(
    rf"(?:change|edit|update|adjust|switch|modify|correct|alter)(?: the time (?:of|for))? {_target(1, _ABOUT_MOVED)}(?:'s time)?(?: from .{{1,30}}?)? (?:to|for|into|at)(?: be(?: at)?| say| read)? (?P<how1>.{{1,160}}?)",
    rf"(?:change|edit|update|adjust|modify) {_target(2, _ABOUT_MOVED)}(?: (?P<how2>{_BARE_TIME}.{{0,70}}?))?",
    rf"(?:make|put|set) (?:it|that|this|(?:the |my )?{_NOUN.format(n=5)} {_NUMBER.format(n=5)})(?: (?:for|to|at|on))? (?P<how3>{_BARE_TIME}.{{0,70}}?)",
    r"remind me (?:to |about |of )?(?P<how4>.{1,120}?) instead",
    r"(?:i meant|i mean|make that|rather)(?: (?:for|at|to))? (?P<how6>.{1,60}?)",
)
_RENAME = _pattern(
    rf"(?:rename|retitle|reword) {_target(1, _ABOUT_MOVED)} (?:to|as|into) (?P<text1>.{{1,160}}?)",
    rf"(?:change|edit|update|set) the (?:text|wording|title|name|description|content|message) of {_target(2, _ABOUT_MOVED)} (?:to|into) (?P<text2>.{{1,160}}?)",
)

_SHOW = _pattern(
    rf"(?:show|see|view|open|display|describe|check)(?: me)?(?: (?:the )?(?:details|more|all)(?: of| about| for| on)?)? {_target(1, _ABOUT_MOVED)}",
    rf"(?:(?:the |more )?(?:details|info|information) (?:of|about|for|on)|(?:what(?:'s| is) (?:with|about|in)|tell me (?:more )?about|how about)) {_target(2, _ABOUT_MOVED)}",
    rf"{_target(3)} (?:in detail|details)",
)
_EVERYONE = rf"(?:every(?:one|body)|any(?:one|body)|all(?: of us)?|all members|members|we all)(?: {_PLACE})?"
_AUTHOR = r"(?:me|i|(?:the|its|their) (?:author|creator|owner)s?|who(?:ever)? set (?:it|them)|the (?:person|one) who set (?:it|them))"
_MAY = (
    r"(?:may|can|is allowed to|are allowed to|should be able to|shall) (?:change|edit|move|cancel|manage|modify|update)"
)


def _theirs(n: int) -> str:
    return (
        rf"(?:(?P<all{n}7>)(?:the |our |this |all )*(?:channel|group|chat)(?:'s)? reminders|{_target(n)}(?: {_PLACE})?)"
    )


_SHARE = _pattern(
    rf"{_EVERYONE} {_MAY} {_theirs(1)}",
    rf"(?:let|allow) {_EVERYONE} (?:to )?(?:change|edit|move|cancel|manage|modify|update) {_theirs(2)}",
)
_UNSHARE = _pattern(
    rf"(?:only|just|nobody but|no one but) {_AUTHOR} {_MAY} {_theirs(1)}",
    rf"(?:nobody|no one) else {_MAY} {_theirs(2)}",
)
_WHOSE = _pattern(rf"who {_MAY} {_theirs(1)}")
TARGET = re.compile(
    rf"{_POLITE}(?:(?:change|set|make|edit|update|let|for|send|ring) )?{_target(1, _ABOUT_MOVED)}(?:(?:,| should| must)? be| so that)?[:,.]?",
    re.IGNORECASE,
)
"""What stands before what is said of being late."""
LATE: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"(?:please )?(?:if|when) (?P<target>.{1,80}?) (?:is|comes|rings) (?:too )?late,? (?P<clause>.{3,60})", re.IGNORECASE), "if late, {}"),
    (re.compile(r"(?:please )?skip (?P<target>.{1,80}?) (?P<clause>(?:if|when) .{4,60})", re.IGNORECASE), "skip it {}"),
    (re.compile(r"(?:please )?send (?P<target>.{1,80}?) (?P<clause>(?:even )?(?:if|when) .{4,60}|late)", re.IGNORECASE), "send it {}"),
)  # fmt: skip
"""Sentences with the reminder in the midst of that, and how that is said without it."""

PATTERNS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("list", _LIST), ("here", _HERE), ("undo", _UNDO), ("search", _SEARCH), ("silence", _SILENCE), ("rename", _RENAME),
    ("pause", _PAUSE), ("later", _LATER), ("earlier", _EARLIER), ("snooze", _SNOOZE), ("move", _MOVE), ("edit", _EDIT),
    ("resume", _RESUME), ("cancel", _CANCEL), ("done", _DONE), ("schedule", _SCHEDULE),
    ("share", _SHARE), ("unshare", _UNSHARE), ("whose", _WHOSE), ("show", _SHOW),
)  # fmt: skip
"""In the order in which they are tried."""
