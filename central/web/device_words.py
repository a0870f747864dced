"""What the devices' pages say: states of a slot, remarks of a door, and what to do about each trouble. English keys of
the catalogues."""

from central.silence import Silence
from central.web.order_words import ASKED

SLOT = {
    "open": "waiting: no station has brought this claim yet",
    "asks": "a station has brought the claim: compare the six digits",
    "confirmed": "confirmed: the station fetches its certificate",
    "enrolled": "it has its certificate, and connects",
    "speaking": "it works: enrolment is done",
    "expired": "the claim has expired: open a new slot",
    "wrong digits": "ended: wrong digits three times",
    "taken back": "the claim was taken back",
    "a newer claim": "a newer claim stands in its place",
}
UNDERWAY = frozenset({"open", "asks", "confirmed", "enrolled"})
REMARKS = {
    "start": "started",
    "stop": "stopped",
    "fault": "fault",
    "ok": "mended",
    "clock": "clock set",
    "lost": "events lost",
}
CODES = {
    "reader_lost": "card reader lost",
    "disk_full": "disk full",
    "disk_read_only": "disk read-only",
    "ntp": "by the network",
    "rtc": "by its battery clock",
    "hand": "by hand",
    "SIGTERM": "ordered",
    "SIGINT": "ordered",
    "restart": "ordered",
}
DECISIONS = {
    "fork": "which version counts",
    "lost": "declared lost",
    "closed": "out of use for a time",
    "reopened": "the decision was withdrawn",
    "replaced": "replaced",
    "revoked": "revoked",
    "moved": "moved to another unit",
}
REMEDIES = {
    Silence.NO_STATION: "Open a slot for this door, and let a station in.",
    Silence.NEVER_HEARD: "Switch the station on and look at its light. Is it in the network, and is its address right?",
    Silence.OFFLINE: "Look whether it has power and network: the plug, the cable, the router. "
    "What was tapped meanwhile is kept at the door and comes by itself.",
    Silence.NO_HEARTBEAT: "Look whether it has power and network. If its light is on, pull the plug for ten seconds.",
    Silence.READER_LOST: "Push the reader's plug in again. If it stays lost, put another reader at the same socket.",
    Silence.NOT_RECORDING: "Its disk is full: nothing is recorded. Put a larger card in, as a replacement.",
    Silence.READ_ONLY: "Restart its computer: pull the plug for ten seconds. If it comes again, replace the card.",
    Silence.NOT_DELIVERED: "Wait some minutes: it is sending. If it stays so, look below for what was refused.",
    Silence.CLOCK: "Let it reach a time server, or put a battery clock in. Until then its times are estimates.",
    Silence.NO_POWER: "It had no power. Look at the plug; if it happens often, give it a small battery.",
    Silence.STOPPED: "It was switched off in order. Switch it on.",
}
FINDING_REMEDIES = {
    "copied": "Two devices speak with one card. Find the second one, then replace this station: the copy is of no use "
    "any more.",
    "rolled_back": "Its card was set back to an older state. Ask who did it, and replace the card if it was nobody.",
    "lost_writes": "Its card loses what was written: replace the card soon.",
    "fork": "Two versions of an event are there. Decide by a document which one counts (`device fork`).",
    "branched": "Two versions of an event are there. Decide by a document which one counts (`device fork`).",
    "unjudged": "Its times could not be worked out. Send the log of central to whoever looks after the program.",
    "absurd_seq": "It names events that cannot be. Restart it; if it stays so, replace the card.",
}
LOST = "Some of what it recorded cannot come any more. The time is shown as down: nobody is accused by it."
REFUSED = "Some of what it sent was refused; the reasons stand below."
NO_LOGINS = "Only logged-in people may change anything here: switch logins on (web.logins)."
NO_ENTRANCE = (
    "There is no address at which a station could ask: set enrol.port and broker.folder, and start central again."
)
NO_UNIT = "There is no such unit, or this door's station is revoked: choose a unit, or tick that it is replaced."
BAD_CODE = "A door's code has 1 to 39 letters, digits, dots or dashes, such as D-X01."
A_STATION = "This door has a station already. Tick that it is replaced if another one shall take its place."
A_TERMINAL = "This door has a terminal of another maker; give the station a code of its own."
CHANGED = "This has changed meanwhile: look at how it stands now, and open a new slot if need be."
NOT_MOVED = "Nothing was moved: choose another unit, a date after its last move, and say why."
NOT_CONFIRMED = "Nothing was revoked: type the door's code as it stands above, and say why."
DONE = {
    "asked": ASKED,
    "moved": "Moved: its new configuration goes out by itself on that date; the past stays with the old unit.",
    "let_in": "Let in: the station fetches its certificate by itself and turns green here.",
    "refused": "Refused: this claim is of no use any more.",
    "revoked": "Revoked: the broker refuses it, and its connection is ended.",
    "revoked_here": "Revoked: central refuses it. The broker could not be told; look at the log of central.",
}
