"""What English sentences mean in time, and what is left of them. Said on Monday 21 September 2026, 08:05 in London."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from core.language.batch import rule_text
from core.language.times import turned, understand
from core.language.values import Delta, Instant, Recurrence, Understood, Window

LONDON = ZoneInfo("Europe/London")
NOW = dt.datetime(2026, 9, 21, 8, 5, tzinfo=LONDON)


def meaning(text: str, now: dt.datetime = NOW) -> Understood:
    return understand(text, now, LONDON, "en")


MOMENTS = [
    ("tomorrow at 9", "2026-09-22 09:00"),
    ("tmrw at 9am", "2026-09-22 09:00"),
    ("2moro @ 6pm", "2026-09-22 18:00"),
    ("tonight at 9", "2026-09-21 21:00"),
    ("tonight at midnight", "2026-09-22 00:00"),
    ("at 5", "2026-09-21 17:00"),
    ("at half past seven am", "2026-09-22 07:30"),
    ("half seven", "2026-09-21 19:30"),
    ("at quarter past eight tonight", "2026-09-21 20:15"),
    ("at ten to nine pm", "2026-09-21 20:50"),
    ("five minutes to noon", "2026-09-21 11:55"),
    ("at six thirty am tomorrow", "2026-09-22 06:30"),
    ("eleven at night", "2026-09-21 23:00"),
    ("3 in the morning", "2026-09-22 03:00"),
    ("17h30", "2026-09-21 17:30"),
    ("at 2130", "2026-09-21 21:30"),
    ("at 8p", "2026-09-21 20:00"),
    ("1430 hours", "2026-09-21 14:30"),
    ("2026-09-24T14:00", "2026-09-24 14:00"),
    ("remind me tomorrow at 10 about the game on Saturday at 8pm", "2026-09-22 10:00"),
    ("6ish", "2026-09-21 18:00"),
    ("wake me up at 6", "2026-09-22 06:00"),
    ("the day after tomorrow at 7pm", "2026-09-23 19:00"),
    ("friday 3pm", "2026-09-25 15:00"),
    ("on Friday next week at 11", "2026-10-02 11:00"),
    ("next tuesday at 9:30", "2026-09-29 09:30"),
    ("a week from Friday at noon", "2026-10-02 12:00"),
    ("Monday week at 9", "2026-10-05 09:00"),
    ("in 2 weeks on Monday at 9", "2026-10-05 09:00"),
    ("at half past five pm on the 3rd of next month", "2026-10-03 17:30"),
    ("on the first Monday of next month at 9", "2026-10-05 09:00"),
    ("on march third two thousand and twenty seven at 10am", "2027-03-03 10:00"),
    ("5 Oct 2026 3pm", "2026-10-05 15:00"),
    ("2026-10-05 14:30", "2026-10-05 14:30"),
    ("05.10. 14:30", "2026-10-05 14:30"),
    ("on xmas at 6 pm", "2026-12-25 18:00"),
    ("at 9am two days before Christmas", "2026-12-23 09:00"),
    ("an hour before noon tomorrow", "2026-09-22 11:00"),
    ("10 minutes before my 3pm meeting", "2026-09-21 14:50"),
    ("5 minutes before 9", "2026-09-21 08:55"),
    ("by eod tomorrow", "2026-09-22 17:00"),
    ("at 5pm book the hotel for 3 days", "2026-09-21 17:00"),
    ("in 3 days at 6pm", "2026-09-24 18:00"),
    ("at noon in 3 days", "2026-09-24 12:00"),
    ("in a month", "2026-10-21 08:05"),
    ("remind me on wendesday at 9", "2026-09-23 09:00"),
    ("remind me tommorow at nooon", "2026-09-22 12:00"),
]


@pytest.mark.parametrize(("text", "local"), MOMENTS)
def test_a_moment_is_the_next_one_the_words_allow(text: str, local: str) -> None:
    when = meaning(text).when
    assert isinstance(when, Instant), when
    assert f"{when.local:%Y-%m-%d %H:%M}" == local


DAYS = [
    ("tomorrow", "2026-09-22"),
    ("Friday", "2026-09-25"),
    ("Monday", "2026-09-28"),
    ("this weekend", "2026-09-26"),
    ("next week", "2026-09-28"),
    ("next month", "2026-10-01"),
    ("the 5th", "2026-10-05"),
    ("on the 31st", "2026-10-31"),
    ("5th October", "2026-10-05"),
    ("oct 5", "2026-10-05"),
    ("Friday the 25th", "2026-09-25"),
    ("the last friday of october", "2026-10-30"),
    ("on the last day of next month", "2026-10-31"),
    ("end of the month", "2026-09-30"),
    ("mid October", "2026-10-15"),
    ("February 29", "2028-02-29"),
    ("thanksgiving", "2026-11-26"),
    ("easter", "2027-03-28"),
    ("chinese new year", "2027-02-06"),
    ("the day before christmas", "2026-12-24"),
    ("the friday before christmas", "2026-12-18"),
    ("the month after next", "2026-11-01"),
]


@pytest.mark.parametrize(("text", "date"), DAYS)
def test_a_day_without_a_clock_time_is_that_day_and_says_so(text: str, date: str) -> None:
    when = meaning(text).when
    assert isinstance(when, Instant), when
    assert when.local.date().isoformat() == date
    assert when.grain not in ("minute", "hour", "second")


LENGTHS = [
    ("in 10 minutes", 600),
    ("in half an hour", 1800),
    ("in two and a half hours", 9000),
    ("in an hour and a half", 5400),
    ("in 1 hour 20 minutes", 4800),
    ("in 1h30", 5400),
    ("in three-quarters of an hour", 2700),
    ("20 minutes from now", 1200),
    ("ping me in 5", 300),
    ("within the hour", 3600),
    ("set a timer for fifteen minutes", 900),
    ("remind me in 5 minuts", 300),
]


@pytest.mark.parametrize(("text", "seconds"), LENGTHS)
def test_a_length_from_now_is_elapsed_time(text: str, seconds: int) -> None:
    assert meaning(text).when == Delta(seconds)


WEEK = "MO,TU,WE,TH,FR"
RULES = [
    ("every day at 9am", "FREQ=DAILY;BYHOUR=9;BYMINUTE=0"),
    ("evry mornign at 7", "FREQ=DAILY;BYHOUR=7;BYMINUTE=0"),
    ("each morning at 6 and each evening at 9", "FREQ=DAILY;BYHOUR=6,21;BYMINUTE=0"),
    ("every other day at 9pm", "FREQ=DAILY;INTERVAL=2;BYHOUR=21;BYMINUTE=0"),
    ("three times a day at 8, 14 and 20", "FREQ=DAILY;BYHOUR=8,14,20;BYMINUTE=0"),
    ("twice a day", "FREQ=DAILY;BYHOUR=9,21;BYMINUTE=0"),
    ("weekdays 8:45", f"FREQ=WEEKLY;BYDAY={WEEK};BYHOUR=8;BYMINUTE=45"),
    ("from Monday to Friday at 8", f"FREQ=WEEKLY;BYDAY={WEEK};BYHOUR=8;BYMINUTE=0"),
    ("M-F at 9am", f"FREQ=WEEKLY;BYDAY={WEEK};BYHOUR=9;BYMINUTE=0"),
    ("mon/wed/fri 7am every week", "FREQ=WEEKLY;BYDAY=MO,WE,FR;BYHOUR=7;BYMINUTE=0"),
    ("every tuesday & saturday at noon", "FREQ=WEEKLY;BYDAY=TU,SA;BYHOUR=12;BYMINUTE=0"),
    ("every 2 weeks on Monday, Wednesday and Friday", "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE,FR"),
    ("every other Tuesday and Thursday at noon", "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,TH;BYHOUR=12;BYMINUTE=0"),
    ("alternate Fridays at 5", "FREQ=WEEKLY;INTERVAL=2;BYDAY=FR;BYHOUR=17;BYMINUTE=0"),
    ("every day except Sunday at 8", "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR,SA;BYHOUR=8;BYMINUTE=0"),
    ("every weekday but not on Wednesdays", "FREQ=WEEKLY;BYDAY=MO,TU,TH,FR"),
    ("twice a week on Monday and Thursday", "FREQ=WEEKLY;BYDAY=MO,TH"),
    ("every second Tuesday", "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU"),
    ("every second Tuesday of the month", "FREQ=MONTHLY;BYDAY=2TU"),
    ("the first and third monday of every month", "FREQ=MONTHLY;BYDAY=1MO,3MO"),
    ("every last Friday of the month at 3pm", "FREQ=MONTHLY;BYDAY=-1FR;BYHOUR=15;BYMINUTE=0"),
    ("2nd to the last friday of each month", "FREQ=MONTHLY;BYDAY=-2FR"),
    ("on the last working day of each month", f"FREQ=MONTHLY;BYDAY={WEEK};BYSETPOS=-1"),
    ("on the 1st and 15th of each month", "FREQ=MONTHLY;BYMONTHDAY=1,15"),
    ("on the last day of every month at 6pm", "FREQ=MONTHLY;BYMONTHDAY=-1;BYHOUR=18;BYMINUTE=0"),
    ("every moth on the 3rd", "FREQ=MONTHLY;BYMONTHDAY=3"),
    ("every 3 months on the 4th", "FREQ=MONTHLY;INTERVAL=3;BYMONTHDAY=4"),
    ("at the end of each month", "FREQ=MONTHLY;BYMONTHDAY=-1"),
    ("every year on March 3rd", "FREQ=YEARLY;BYMONTH=3;BYMONTHDAY=3"),
    ("once a year on the fourth thursday in november", "FREQ=YEARLY;BYMONTH=11;BYDAY=4TH"),
    ("on the 1st and 15th of the month", "FREQ=MONTHLY;BYMONTHDAY=1,15"),
    ("every first day of the month", "FREQ=MONTHLY;BYMONTHDAY=1"),
    ("every first Sunday in May", "FREQ=YEARLY;BYMONTH=5;BYDAY=1SU"),
    ("every month on the last Friday", "FREQ=MONTHLY;BYDAY=-1FR"),
    ("set the event to recur on the first monday of the month", "FREQ=MONTHLY;BYDAY=1MO"),
    ("every tuesday thursday and saturday", "FREQ=WEEKLY;BYDAY=TU,TH,SA"),
    ("everymorning at 7", "FREQ=DAILY;BYHOUR=7;BYMINUTE=0"),
    ("every saturday remind me of my sunday class", "FREQ=WEEKLY;BYDAY=SA"),
    ("on the first of January, April and July", "FREQ=YEARLY;BYMONTH=1,4,7;BYMONTHDAY=1"),
    ("every Mother's Day", "FREQ=YEARLY;BYMONTH=5;BYDAY=2SU"),
    ("every morning and night at 8", "FREQ=DAILY;BYHOUR=8,20;BYMINUTE=0"),
    ("every first weekend of the month", "FREQ=MONTHLY;BYDAY=1SA"),
    ("every 2h", "FREQ=HOURLY;INTERVAL=2"),
    ("every two and a half hours", "FREQ=MINUTELY;INTERVAL=150"),
    ("every 90 minutes", "FREQ=MINUTELY;INTERVAL=90"),
    ("every hour and a half", "FREQ=MINUTELY;INTERVAL=90"),
    ("every quarter of an hour", "FREQ=MINUTELY;INTERVAL=15"),
    ("hourly", "FREQ=HOURLY"),
    ("every five minutes for 20 minutes", "FREQ=MINUTELY;INTERVAL=5;COUNT=4"),
    ("every month on the 5th, 12 times", "FREQ=MONTHLY;BYMONTHDAY=5;COUNT=12"),
    ("every Saturday for 8 weeks", "FREQ=WEEKLY;BYDAY=SA;COUNT=8"),
    ("every Friday until Christmas", "FREQ=WEEKLY;BYDAY=FR;UNTIL=20261225"),
    ("every friday through december", "FREQ=WEEKLY;BYDAY=FR;UNTIL=20261231"),
    ("on the 3rd of every month until the 20th of December", "FREQ=MONTHLY;BYMONTHDAY=3;UNTIL=20261220"),
    ("remind me at 9 until Friday", "FREQ=DAILY;BYHOUR=9;BYMINUTE=0;UNTIL=20260925"),
    ("remind me at 9 for the next 5 days", "FREQ=DAILY;BYHOUR=9;BYMINUTE=0;COUNT=5"),
    ("put the daily standup on my list for ten am, a daily reminder", "FREQ=DAILY;BYHOUR=10;BYMINUTE=0"),
    ("m/w/f at 6:15am", "FREQ=WEEKLY;BYDAY=MO,WE,FR;BYHOUR=6;BYMINUTE=15"),
    ("tue/thu 7pm", "FREQ=WEEKLY;BYDAY=TU,TH;BYHOUR=19;BYMINUTE=0"),
    ("every mo, we at 7 pm", "FREQ=WEEKLY;BYDAY=MO,WE;BYHOUR=19;BYMINUTE=0"),
    ("every Sat & Sun 9.30", "FREQ=WEEKLY;BYDAY=SA,SU;BYHOUR=9;BYMINUTE=30"),
    ("on school nights at 22:00", "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,SU;BYHOUR=22;BYMINUTE=0"),
    ("every Friday the 13th", "FREQ=MONTHLY;BYMONTHDAY=13;BYDAY=FR"),
    ("for the next five days remind me at 8pm", "FREQ=DAILY;BYHOUR=20;BYMINUTE=0;COUNT=5"),
]


@pytest.mark.parametrize(("text", "rule"), RULES)
def test_a_repetition_is_placed_field_by_field(text: str, rule: str) -> None:
    understood = meaning(text)
    assert isinstance(understood.when, Recurrence), understood
    assert understood.recurring
    assert rule_text(understood.when) == rule


@pytest.mark.parametrize(
    ("text", "window", "days"),
    [
        ("every 3 hours between 9 and 17", (9, 17), ()),
        ("hourly from 9am to 5pm on weekdays", (9, 17), tuple(WEEK.split(","))),
        ("every 30 min from 2 to 4pm", (14, 16), ()),
        ("every 20 minutes during work hours", (9, 17), ()),
        ("every 10 minutes, starting at 5 and ending at 6 am", (5, 6), ()),
        ("every 20 mins, mon to fri 9-5", (9, 17), tuple(WEEK.split(","))),
    ],
)
def test_a_rule_under_a_day_keeps_its_window(text: str, window: tuple[int, int], days: tuple[str, ...]) -> None:
    when = meaning(text).when
    assert isinstance(when, Recurrence)
    assert when.window == (dt.time(window[0]), dt.time(window[1]))
    assert when.by_day == days


@pytest.mark.parametrize(
    ("text", "minute"),
    [
        ("every hour at quarter past", 15),
        ("hourly at 9", 0),
        ("every hour on the half hour", 30),
        ("every hour at 10 past the hour", 10),
        ("every hour at ten to", 50),
        ("every hour to be safe", None),
    ],
)
def test_an_hourly_rule_may_name_its_minute(text: str, minute: int | None) -> None:
    when = meaning(text).when
    assert isinstance(when, Recurrence)
    assert when.frequency == "HOURLY"
    assert (when.window and when.window[0].minute) == minute


def test_a_rule_under_a_day_starts_at_the_moment_that_is_said_and_does_not_end_there() -> None:
    when = meaning("every 12 hours starting at 8am tomorrow").when
    assert isinstance(when, Recurrence)
    assert (when.start, when.until) == (NOW.date() + dt.timedelta(days=1), None)
    assert when.window is not None
    assert when.window[0] == dt.time(8)


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("every day starting next week", dt.date(2026, 9, 28)),
        ("starting October 1st, every Monday at 9", dt.date(2026, 10, 1)),
        ("from tomorrow every day at 9", dt.date(2026, 9, 22)),
        ("every Tuesday starting in 2 weeks", dt.date(2026, 10, 5)),
        ("every weekday from the 5th to the 9th", dt.date(2026, 10, 5)),
    ],
)
def test_a_rule_starts_when_it_is_told_to(text: str, start: dt.date) -> None:
    when = meaning(text).when
    assert isinstance(when, Recurrence)
    assert when.start == start


def test_left_out_dates_are_kept() -> None:
    when = meaning("every Wednesday except December 23rd").when
    assert isinstance(when, Recurrence)
    assert when.excluded == (dt.date(2026, 12, 23),)


def test_two_rules_in_one_sentence_are_two_rules() -> None:
    understood = meaning("remind me on weekdays at 8am and on weekends at 10am to feed the cat")
    assert isinstance(understood.when, Recurrence)
    assert understood.when.times == (dt.time(8),)
    assert understood.also == (Recurrence("WEEKLY", by_day=("SA", "SU"), times=(dt.time(10),)),)
    assert understood.task == "feed the cat"


def test_a_daily_rule_beside_a_weekly_one_keeps_its_days() -> None:
    understood = meaning("every day at 8am and every friday at 5pm")
    assert understood.when == Recurrence("DAILY", times=(dt.time(8),))
    assert understood.also == (Recurrence("WEEKLY", by_day=("FR",), times=(dt.time(17),)),)


@pytest.mark.parametrize(
    ("text", "moments"),
    [
        ("remind me on Wednesday and Friday at 9 to run", ["2026-09-23 09:00", "2026-09-25 09:00"]),
        ("create alarms for 8 pm and 9 pm", ["2026-09-21 20:00", "2026-09-21 21:00"]),
        ("remind me Tuesday to Thursday at 9", ["2026-09-22 09:00", "2026-09-23 09:00", "2026-09-24 09:00"]),
        ("remind me on March 3 and 5 at 10am", ["2027-03-03 10:00", "2027-03-05 10:00"]),
    ],
)
def test_of_several_moments_none_is_dropped(text: str, moments: list[str]) -> None:
    understood = meaning(text)
    found = [understood.when, *understood.also]
    assert [f"{when.local:%Y-%m-%d %H:%M}" for when in found if isinstance(when, Instant)] == moments
    assert not understood.recurring


@pytest.mark.parametrize(
    "text",
    [
        "every full moon",
        "every so often",
        "every now and then",
        "remind me every few hours to stretch",
        "remind me twice a week to run",
        "set a recurring reminder to stretch",
        "remind me regularly to stretch",
        "remind me from time to time to stretch",
        "every day or two",
        "remind me every payday to save",
        "remind me at 9 every blue moon",
        "every Easter at 9",
        "every weekday except holidays",
        "every March 3 and April 5",
        "every Monday and the first of the month",
    ],
)
def test_a_repetition_that_cannot_be_placed_is_asked_about_and_never_a_moment(text: str) -> None:
    understood = meaning(text)
    assert understood.recurring
    assert understood.when is None
    assert understood.problem is not None
    assert understood.problem.kind == "unclear_recurrence"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("yesterday at 5", "past"),
        ("remind me 2 hours ago", "past"),
        ("today at 7am", "past"),
        ("on March 3rd 2020", "past"),
        ("February 30", "impossible"),
        ("remind me on 31/11 to pay", "impossible"),
        ("every 0 minutes", "too_fine"),
        ("every 10 seconds", "too_fine"),
        ("every 90 seconds", "too_fine"),
        ("every February 30", "never"),
    ],
)
def test_a_time_that_cannot_be_kept_is_named(text: str, kind: str) -> None:
    problem = meaning(text).problem
    assert problem is not None
    assert problem.kind == kind
    assert problem.shown in text


@pytest.mark.parametrize(
    "text",
    [
        "what time is it in Oslo?",
        "may I ask you something",
        "this may take longer than you think",
        "remind me to buy 2 apples",
        "remind me to talk to April and June",
        "remind me to read the May report",
        "remind me to march with the band",
        "cancel my second reminder",
        "the sun is shining",
        "he sat down",
        "how many days are there in a year?",
        "remind me to thank every guest",
        "show me my weekly report",
        "version 2.5 is out",
        "call 0171 555 0134",
        "buy 1/2 pound of butter",
        "remind me to open https://example.com/2026-10-05/at-9am",
        "have a nice day",
        "100 divided by 5",
        "does more than one bag cost extra?",
        "I slept for 8 hours",
        "do 3 sets of maths every mind can solve",
        'remind me to tell Bob "see you tomorrow at 9"',
    ],
)
def test_a_sentence_without_a_time_is_left_alone(text: str) -> None:
    understood = meaning(text)
    assert understood.when is None
    assert not understood.recurring


TASKS = [
    ("remind me tomorrow at 9am to call my mum", "call my mum", None),
    ("I need to review ticket 4711 Friday next week at 11am, remind me", "review ticket 4711", None),
    ("new reminder - water my 3 plants - every morning", "water my 3 plants", None),
    ("don't let me forget to pay the rent on the 1st", "pay the rent", None),
    ("Hey, could you please remind me on Monday that the car is due?", "the car is due", None),
    ("please ping me at noon so I can check the oven", "check the oven", None),
    ("remind us every friday at 16:00 to fill in the sheets", "fill in the sheets", "us"),
    ("remind @ann every Monday at 9 to post the agenda", "post the agenda", "@ann"),
    ("remind the channel every weekday at 9:55 about the standup", "the standup", "channel"),
    ("set a reminder for @bob to ring the client at 3pm", "ring the client", "@bob"),
    ("remind me to watch the 9 o'clock news at 8:50pm", "watch the 9 o'clock news", None),
    ("a daily reminder at 8 to water the plants", "water the plants", None),
    ("REMIND ME TOMORROW AT 9 TO CALL BOB", "CALL BOB", None),
    ("remind me later to call Bob", "call Bob", None),
    ("wake me up at 7", "", None),
    ("every weekday at 8:45 remind me to clock in", "clock in", None),
    ("remind me to check in on Monday", "check in", None),
    ("remind me to say hi to Tom once a week", "say hi to Tom", None),
    ("at 9 every morning tell me to open the shop", "open the shop", None),
]


@pytest.mark.parametrize(("text", "task", "recipient"), TASKS)
def test_what_is_left_is_the_task(text: str, task: str, recipient: str | None) -> None:
    understood = meaning(text)
    assert understood.asks_reminder
    assert understood.task == task
    assert understood.recipient == recipient


@pytest.mark.parametrize("text", ["tell me a joke", "list my reminders", "let me know what you think", "call mum at 5"])
def test_other_sentences_ask_for_no_reminder(text: str) -> None:
    assert not meaning(text).asks_reminder


@pytest.mark.parametrize(
    ("task", "shown"),
    [
        ("call my mum", "call your mum"),
        ("send me the list I made", "send you the list you made"),
        ("ask if I'm on our team", "ask if you're on your team"),
        ("My tooth hurts", "Your tooth hurts"),
        ("visit the US", "visit the US"),
        ("be there at 9 am", "be there at 9 am"),
    ],
)
def test_pronouns_turn_when_a_task_is_read_back(task: str, shown: str) -> None:
    assert turned(task, "en") == shown


def test_a_deadline_is_told_from_a_moment() -> None:
    assert meaning("remind me by Friday to file it").deadline
    assert not meaning("remind me on Friday to file it").deadline


def test_the_open_half_of_the_day_is_flagged() -> None:
    five = meaning("at 5").when
    six = meaning("at 6pm").when
    assert isinstance(five, Instant)
    assert isinstance(six, Instant)
    assert (five.ambiguous, six.ambiguous) == (True, False)


@pytest.mark.parametrize(
    ("text", "zone", "date", "ambiguous"),
    [
        ("remind me 3/4 to file the taxes", "Europe/Berlin", "2027-04-03", True),
        ("remind me 3/4 to file the taxes", "Asia/Singapore", "2027-04-03", True),
        ("remind me 3/4 to file the taxes", "America/Chicago", "2027-03-04", True),
        ("remind me 3/4 to file the taxes", "UTC", "2027-03-04", True),
        ("remind me 25/4 to file the taxes", "America/Chicago", "2027-04-25", False),
        ("remind me 4/25 to file the taxes", "Europe/Berlin", "2027-04-25", False),
        ("remind me 4/4 to file the taxes", "Europe/Berlin", "2027-04-04", False),
        ("remind me 2027-03-04 to file the taxes", "Europe/Berlin", "2027-03-04", False),
    ],
)
def test_a_date_with_a_slash_is_read_as_where_its_writer_lives(
    text: str, zone: str, date: str, ambiguous: bool
) -> None:
    when = understand(text, NOW, ZoneInfo(zone), "en").when
    assert isinstance(when, Instant)
    assert when.local.date() == dt.date.fromisoformat(date)
    assert when.date_ambiguous == ambiguous
    assert not when.ambiguous


def test_a_stretch_has_both_ends() -> None:
    assert meaning("tomorrow between 2 and 4pm").when == Window(
        dt.datetime(2026, 9, 22, 14), dt.datetime(2026, 9, 22, 16), "minute"
    )
    assert meaning("from July 13 to 15").when == Window(dt.datetime(2027, 7, 13), dt.datetime(2027, 7, 16), "day")


def test_a_long_message_is_read_around_its_request() -> None:
    story = "He said that in 1984 there were 12 of them, and on Friday they met at 5. " * 60
    understood = meaning(f"{story}Remind me tomorrow at 9 to answer. {story}")
    assert isinstance(understood.when, Instant)
    assert understood.when.local == dt.datetime(2026, 9, 22, 9)
