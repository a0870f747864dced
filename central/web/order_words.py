"""What a device's page says of commands and of the doctor's checks. English keys of the catalogues."""

OPERATIONS = {
    "send_all": "Send everything you have",
    "identify": "Blink, so that I find you",
    "panel_test": "Try the lights",
    "doctor": "Check yourself (doctor)",
    "restart": "Restart",
    "reader_mode": "Use a reader for something else",
}
"""The fixed list of the wire -> the words on its button."""
BUTTONS = ("doctor", "identify", "panel_test", "send_all")
"""Operations that need nothing but a click."""
MODES = {
    "punch": "punches as usual",
    "info": "information, no punches",
    "enrol": "reading new badges, no punches",
    "test": "a test, no punches",
}
ANSWERS = {
    "done": "done",
    "expired": "not done: it came after its ten minutes",
    "unknown_operation": "not done: this version of the station does not know it",
    "bad_arguments": "not done: the station cannot use what it was told",
    "failed": "not done",
}
WAITS = "sent; its answer is awaited"
CHECKS = {
    1: "Computer and system",
    2: "Path of the readers",
    3: "Nobody else on the port",
    4: "The right UART",
    14: "GPIO pins",
    15: "Battery clock (RTC)",
    16: "Time zone and network time",
    17: "Hardware watchdog",
    18: "Voltage",
    19: "The memory card",
}
"""Numbers of the doctor's checks, which never change, that a station makes when it is asked from here."""
ASKED = (
    "Asked: its answer appears below within seconds while the station is connected, else when it is back within ten "
    "minutes."
)
NOT_ASKED = "Nothing was asked: choose a reader of this door, a use, and 1 to 600 seconds."
